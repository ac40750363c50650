/**
 * Data that is JSON already, as a database writes it. The lane copies its text into the answer: it is neither parsed nor checked on the
 * way. Only for calls that the lane answers itself: whether it does is told to `createContext` as `direct`.
 */
export class JsonText {
  readonly text: string;

  /** `text`: JSON that is well formed; anything else makes an answer that no client can read. */
  constructor(text: string) {
    this.text = text;
  }

  /** For whoever serialises it in another way. */
  toJSON(): unknown {
    return JSON.parse(this.text);
  }
}
