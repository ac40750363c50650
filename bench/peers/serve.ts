import type { AddressInfo } from "node:net";
import type { Server } from "node:http";

/** Listens anywhere, tells whoever started it where, and ends with a signal. */
export async function serve(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  process.once("SIGTERM", () => {
    server.close();
    server.closeAllConnections();
    process.disconnect();
  });
  process.send?.({ type: "ready", url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}
