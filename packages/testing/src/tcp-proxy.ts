import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, NetConnectOpts, Socket } from "node:net";

export interface TcpProxy extends AsyncDisposable {
  host: string;
  port: number;
  /** Breaks every connection with a reset and refuses new ones until `resume`. */
  cut(): void;
  /** Goes silent: connections stay open, new ones are accepted, and no byte passes until `resume`. */
  freeze(): void;
  resume(): void;
  connectionCount(): number;
  /** Safe twice. */
  close(): Promise<void>;
}

/** A TCP port of this machine that leads to `target` and misbehaves on demand. */
export async function startTcpProxy(target: NetConnectOpts): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let mode: "open" | "cut" | "frozen" = "open";

  function track(socket: Socket): void {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  }

  /** Written by hand: `pipe` would resume a paused socket by itself. */
  function forward(from: Socket, to: Socket): void {
    from.on("data", (chunk) => {
      if (!to.write(chunk)) from.pause();
    });
    to.on("drain", () => {
      if (mode !== "frozen") from.resume();
    });
    from.once("end", () => to.end());
    from.once("close", () => to.destroy());
    // The other side learns of it by the close that follows.
    from.on("error", () => undefined);
    if (mode === "frozen") from.pause();
  }

  const server = createServer({ allowHalfOpen: true }, (downstream) => {
    if (mode === "cut") return downstream.resetAndDestroy();
    const upstream = connect({ ...target, allowHalfOpen: true });
    for (const socket of [downstream, upstream]) track(socket);
    forward(downstream, upstream);
    forward(upstream, downstream);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  let closed: Promise<void> | undefined;
  function close(): Promise<void> {
    return (closed ??= new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    }));
  }

  return {
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    cut() {
      mode = "cut";
      // A unix socket cannot be reset, only closed.
      for (const socket of sockets) {
        if (socket.remoteAddress === undefined) socket.destroy();
        else socket.resetAndDestroy();
      }
    },
    freeze() {
      mode = "frozen";
      for (const socket of sockets) socket.pause();
    },
    resume() {
      mode = "open";
      for (const socket of sockets) socket.resume();
    },
    // Each connection has two sockets.
    connectionCount: () => Math.ceil(sockets.size / 2),
    close,
    [Symbol.asyncDispose]: close,
  };
}
