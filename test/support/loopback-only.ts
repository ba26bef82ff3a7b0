import { type NetConnectOpts, Socket } from "node:net";

/**
 * Vitest runs this before every test file: a test process can connect only to this machine. Requests that
 * `msw` intercepts never connect at all; any other request to another host fails the test that sent it.
 */
const LOOPBACK = /^(localhost|127(\.\d+){3}|::1|\[::1\])$/;

const connect = Reflect.get(Socket.prototype, "connect") as (...args: unknown[]) => Socket;

Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
  const host = hostOf(args);
  if (host === undefined || LOOPBACK.test(host)) return connect.apply(this, args);
  return this.destroy(new Error(`A test tried to connect to ${host}.`));
};

/** `connect` accepts options, a path, or a port and a host; Node itself passes all of them in one array. */
function hostOf(args: unknown[]): string | undefined {
  const [first, second] = Array.isArray(args[0]) ? (args[0] as unknown[]) : args;
  if (typeof first === "object" && first !== null) {
    const options = first as NetConnectOpts;
    return "host" in options ? options.host : undefined;
  }
  return typeof second === "string" ? second : undefined;
}
