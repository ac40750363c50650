import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useMe } from "../../lib/session.tsx";
import { AsyncView } from "../../ui/AsyncView.tsx";
import { Facts } from "../../ui/Facts.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { SkeletonLines } from "../../ui/Skeleton.tsx";
import classes from "./Security.module.css";
import { usePolicy } from "./use-policy.ts";

/** The rules of signing in that hold here, and how far whoever reads them goes beyond. */
export function PolicyPanel() {
  const t = useT();
  const format = useFormat();
  const { security } = useMe();
  const policy = usePolicy();
  const span = (seconds: number): string => format.span(seconds * 1000);
  return (
    <Panel title={t("policy.title")} scope={t("policy.scope")} divided>
      <AsyncView query={policy} skeleton={<SkeletonLines lines={3} height={24} />} errorTitle={t("policy.failed")}>
        {({ lock, password, sessionSeconds, stepUp }) => (
          <div className={classes.policy}>
            <Facts
              facts={[
                {
                  label: t("policy.lock"),
                  value: t("policy.lock.value", {
                    account: lock.accountFailures,
                    address: lock.addressFailures,
                    time: span(lock.seconds),
                  }),
                },
                {
                  label: t("policy.stepUp"),
                  value: t("policy.stepUp.value", {
                    time: span(stepUp.withinSeconds),
                    count: stepUp.procedures.length,
                  }),
                },
                { label: t("policy.session"), value: t("policy.session.value", { time: span(sessionSeconds) }) },
              ]}
            />
            <Facts
              facts={[
                {
                  label: t("policy.password"),
                  value: t("policy.password.value", { min: password.minLength, max: password.maxLength }),
                },
                {
                  label: t("policy.secondStep"),
                  value: t(security.passkeysAvailable ? "policy.secondStep.both" : "policy.secondStep.appOnly"),
                },
                { label: t("policy.you"), value: describeOwn() },
              ]}
            />
          </div>
        )}
      </AsyncView>
    </Panel>
  );

  function describeOwn(): string {
    const { twoFactor, passkeys } = security;
    if (!twoFactor && passkeys === 0) return t("policy.you.none");
    return format.list([
      ...(twoFactor ? [t("policy.you.app")] : []),
      ...(passkeys > 0 ? [t("policy.you.passkeys", { count: passkeys })] : []),
    ]);
  }
}
