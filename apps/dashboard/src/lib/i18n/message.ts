/** A sentence with `{name}` holes, or one per plural form; which form fits is asked of Intl.PluralRules with `count`. */
export type Message = string | PluralMessage;
export interface PluralMessage {
  readonly one?: string;
  readonly other: string;
}

/** What a translation of a catalogue must hold: the same keys, and plural forms where the original has them. */
export type TranslationOf<Catalogue> = {
  readonly [Key in keyof Catalogue]: Catalogue[Key] extends string ? string : PluralMessage;
};

type HolesIn<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | HolesIn<Rest> : never;
/** Names of the holes of a message; a plural message also needs `count`. */
export type HolesOf<M> = M extends string
  ? HolesIn<M>
  : M extends { readonly other: infer Other extends string }
    ? HolesIn<Other> | "count"
    : never;

const HOLE = /\{([a-zA-Z]\w*)\}/;

/** Splits at the holes: even places are text, odd places are names. */
export function splitAtHoles(text: string): string[] {
  return text.split(HOLE);
}
