import type { Socket } from "node:net";
import type { buildConnector } from "undici";

type Connect = buildConnector.connector;

/** Bytes that one informational head may have before it is left to undici, which refuses it. */
const MAX_HEAD_BYTES = 64 * 1024;
/** How an informational response starts; 101 is none, but ends HTTP on the connection. */
const INFORMATIONAL = /^HTTP\/1\.[01] 1(?!01)\d\d/;
/** As many bytes as it takes to tell. */
const STATUS_BYTES = "HTTP/1.1 100".length;

/**
 * Makes connections on which informational responses are skipped (RFC 9110 section 15.2: a client must be
 * able to parse them though it didn't ask for them). undici drops a connection on which it meets a 100
 * Continue that it hasn't asked for, and the request would be sent again and again.
 */
export function skippingInformational(connect: Connect): Connect {
  return (options, callback) => {
    connect(options, (...[error, socket]: Parameters<typeof callback>) => {
      if (error) callback(error, null);
      else callback(null, skipOn(socket));
    });
  };
}

/** From the head of each request on, whole informational heads are taken out of what is read. */
function skipOn<T extends Socket>(socket: T): T {
  const write = socket.write.bind(socket) as (...parameters: unknown[]) => boolean;
  const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
  let isHeadExpected = false;
  let held: Buffer | undefined;
  return Object.assign(socket, {
    write(data: unknown, ...rest: unknown[]): boolean {
      // undici writes heads as text and bodies as bytes, but for the lengths of chunks.
      if (typeof data === "string" && /^[A-Z]+ /.test(data)) isHeadExpected = true;
      return write(data, ...rest);
    },
    read(size?: number): Buffer | null {
      // With a size it is Node that asks; undici takes whatever there is.
      if (!isHeadExpected || size !== undefined) return read(size);
      for (let chunk = read(); chunk; chunk = read()) {
        const rest = withoutHeads(held ? Buffer.concat([held, chunk]) : chunk);
        isHeadExpected = mayBeHead(rest);
        if (!isHeadExpected) {
          held = undefined;
          return rest;
        }
        held = rest;
      }
      return null;
    }
  });
}

/** What follows the complete informational heads that bytes start with. */
function withoutHeads(bytes: Buffer): Buffer {
  let rest = bytes;
  while (isInformational(rest)) {
    const end = rest.indexOf("\r\n\r\n");
    if (end < 0) break;
    rest = rest.subarray(end + 4);
  }
  return rest;
}

/** Whether more bytes are needed to tell that these are no informational head, or to find its end. */
function mayBeHead(bytes: Buffer): boolean {
  return bytes.length < STATUS_BYTES || (isInformational(bytes) && bytes.length < MAX_HEAD_BYTES);
}

function isInformational(bytes: Buffer): boolean {
  return INFORMATIONAL.test(bytes.toString("latin1", 0, STATUS_BYTES));
}
