import { useT } from "../../lib/i18n/i18n.tsx";
import { namedAddress, type PasskeySupport } from "./passkeys.ts";
import classes from "./Security.module.css";

/** Why there are no passkeys here, and what to do about it. */
export function PasskeyWhyNot({ support }: { support: Exclude<PasskeySupport, "yes"> }) {
  const t = useT();
  switch (support) {
    case "loopback": {
      const address = namedAddress();
      const link = (
        <a href={address} className={classes.inText}>
          {new URL(address).origin}
        </a>
      );
      return t.rich("passkeys.not.loopback", { link });
    }
    case "address":
      return t("passkeys.not.address");
    case "insecure":
      return t("passkeys.not.insecure");
    case "browser":
      return t("passkeys.not.browser");
  }
}
