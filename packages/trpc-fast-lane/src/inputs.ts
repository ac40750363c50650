import { TRPCError, type AnyRouter } from "@trpc/server";

type Transformer = AnyRouter["_def"]["_config"]["transformer"]["input"];

/**
 * The inputs of a request, parsed when a call first asks for its own: what is refused by its rights or limits costs no parse. As in
 * the stock handler, input that does not parse fails the calls that read it, and those only.
 */
export class Inputs {
  readonly #text: string | undefined;
  readonly #count: number | undefined;
  readonly #transformer: Transformer;
  #values: Readonly<Record<number, unknown>> | undefined;
  #failure: TRPCError | undefined;

  /** `count`: calls in the batch; undefined for a single call. */
  constructor(text: string | undefined, count: number | undefined, transformer: Transformer) {
    this.#text = text;
    this.#count = count;
    this.#transformer = transformer;
  }

  /** Input of a call. Raises a TRPCError `BAD_REQUEST`. */
  read(index: number): unknown {
    // Kept: a hundred calls that read the same broken text parse it once.
    if (this.#failure) throw this.#failure;
    this.#values ??= this.#parse();
    return this.#values[index];
  }

  /** The same, if it was read before. */
  known(index: number): unknown {
    return this.#values?.[index];
  }

  #parse(): Readonly<Record<number, unknown>> {
    // Without a prototype: an index that is not there is undefined, whatever it is called.
    const values = Object.create(null) as Record<number, unknown>;
    try {
      const given: unknown = this.#text === undefined ? undefined : JSON.parse(this.#text);
      if (given === undefined) return values;
      if (this.#count === undefined) {
        values[0] = this.#transformer.deserialize(given);
        return values;
      }
      if (typeof given !== "object" || given === null || Array.isArray(given)) {
        throw new TRPCError({
          code: "BAD_REQUEST",
          message: '"input" needs to be an object when doing a batch call',
        });
      }
      for (let index = 0; index < this.#count; index += 1) {
        const input = (given as Record<number, unknown>)[index];
        if (input !== undefined) values[index] = this.#transformer.deserialize(input);
      }
      return values;
    } catch (cause) {
      this.#failure =
        cause instanceof TRPCError
          ? cause
          : new TRPCError({
              code: "BAD_REQUEST",
              message: cause instanceof Error ? cause.message : "Invalid input",
              cause,
            });
      throw this.#failure;
    }
  }
}
