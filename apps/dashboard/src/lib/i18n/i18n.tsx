import { createContext, Fragment, type ReactNode, useContext, useMemo } from "react";
import type { Language } from "../preferences.tsx";
import { en } from "./en.ts";
import { type LateEnglish, lateWord } from "./late-english.ts";
import { type HolesOf, type Message, splitAtHoles, type TranslationOf } from "./message.ts";

type English = typeof en & LateEnglish;
/** Of a language that is fetched, and then whole. */
export type WholeCatalogue = TranslationOf<English>;
/** English comes in parts: what is not in it is asked of `lateWord`. */
export type Catalogue = TranslationOf<typeof en> & Partial<WholeCatalogue>;
export type MessageKey = keyof English;
/** Keys of messages without holes: what a table of labels may hold. */
export type PlainKey = { [Key in MessageKey]: [HolesOf<English[Key]>] extends [never] ? Key : never }[MessageKey];

type Fill<Key extends MessageKey, Value> = [HolesOf<English[Key]>] extends [never]
  ? []
  : [values: Readonly<Record<HolesOf<English[Key]>, Value>>];

export interface Translate {
  /** The message in the reader's language. Numbers among the values are written the way that language writes them. */
  <Key extends MessageKey>(key: Key, ...fill: Fill<Key, string | number>): string;
  /** The same with elements in the holes: `t.rich("x.deleted", { name: <code>a</code> })`. */
  rich<Key extends MessageKey>(key: Key, ...fill: Fill<Key, ReactNode>): ReactNode;
}

/** English is in the first chunk, but for what pages bring along; other languages are fetched when they are chosen. */
export async function loadCatalogue(language: Language): Promise<Catalogue> {
  if (language === "zh-CN") return (await import("./zh-cn.ts")).zhCn;
  return en;
}

export function createTranslate(catalogue: Catalogue, language: Language): Translate {
  const plural = new Intl.PluralRules(language);
  const number = new Intl.NumberFormat(language);
  const textOf = (key: MessageKey, values: Readonly<Record<string, unknown>>): string => {
    const message: Message | undefined = catalogue[key] ?? lateWord(key);
    if (message === undefined) {
      // A page that does not import its words; its journey fails on this line.
      console.error(`There are no words for ${key}.`);
      return key;
    }
    if (typeof message === "string") return message;
    const form = typeof values.count === "number" ? plural.select(values.count) : "other";
    return (form === "one" ? message.one : undefined) ?? message.other;
  };
  const show = (value: unknown): string => (typeof value === "number" ? number.format(value) : String(value));

  const translate = (key: MessageKey, values: Readonly<Record<string, unknown>> = {}): string =>
    splitAtHoles(textOf(key, values))
      .map((part, index) => (index % 2 === 0 ? part : show(values[part])))
      .join("");
  const rich = (key: MessageKey, values: Readonly<Record<string, ReactNode>> = {}): ReactNode =>
    splitAtHoles(textOf(key, values)).map((part, index) => {
      if (index % 2 === 0) return part;
      const value = values[part];
      return <Fragment key={index}>{typeof value === "number" ? number.format(value) : value}</Fragment>;
    });
  return Object.assign(translate, { rich }) as Translate;
}

const TranslateContext = createContext<Translate | null>(null);

export function I18nProvider(props: { catalogue: Catalogue; language: Language; children: ReactNode }) {
  const { catalogue, language } = props;
  const translate = useMemo(() => createTranslate(catalogue, language), [catalogue, language]);
  return <TranslateContext value={translate}>{props.children}</TranslateContext>;
}

export function useT(): Translate {
  const translate = useContext(TranslateContext);
  if (!translate) throw new Error("useT needs an I18nProvider above it.");
  return translate;
}
