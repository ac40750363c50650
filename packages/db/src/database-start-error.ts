/**
 * The database could not be made ready. `publicMessage` is one sentence for whoever starts the program: what is wrong and what
 * to do. It never carries a password. `cause` is for the log.
 */
export class DatabaseStartError extends Error {
  override readonly name = "DatabaseStartError";
  readonly publicMessage: string;

  constructor(publicMessage: string, options?: ErrorOptions) {
    super(publicMessage, options);
    this.publicMessage = publicMessage;
  }
}
