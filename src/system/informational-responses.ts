import type { Socket } from "node:net";
import type { buildConnector } from "undici";

type Connect = buildConnector.connector;

/** The most bytes of one informational head. A longer one is left to undici, which rejects it. */
const MAX_HEAD_BYTES = 64 * 1024;
/** The start of an informational response; 101 isn't skipped, because it ends HTTP on the connection. */
const INFORMATIONAL = /^HTTP\/1\.[01] 1(?!01)\d\d/;
/** How many bytes {@link INFORMATIONAL} needs. */
const STATUS_BYTES = "HTTP/1.1 100".length;

/**
 * Makes connections that skip informational responses, which a client must be able to parse even if it didn't
 * request them (RFC 9110 section 15.2). undici would drop the connection at an unrequested 100 Continue, and
 * the request would be sent again and again.
 */
export function skippingInformational(connect: Connect): Connect {
  return (options, callback) => {
    connect(options, (...[error, socket]: Parameters<typeof callback>) => {
      if (error) callback(error, null);
      else callback(null, skipOn(socket));
    });
  };
}

/** After the head of each request, removes complete informational heads from the bytes that are read. */
function skipOn<T extends Socket>(socket: T): T {
  const write = socket.write.bind(socket) as (...parameters: unknown[]) => boolean;
  const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
  let isHeadExpected = false;
  let held: Buffer | undefined;
  return Object.assign(socket, {
    write(data: unknown, ...rest: unknown[]): boolean {
      // undici writes heads as text, and bodies as bytes, except for the lengths of chunks.
      if (typeof data === "string" && /^[A-Z]+ /.test(data)) isHeadExpected = true;
      return write(data, ...rest);
    },
    read(size?: number): Buffer | null {
      // Only Node itself reads with a size; undici reads whatever has arrived.
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

/** Removes the complete informational heads at the start of `bytes`. */
function withoutHeads(bytes: Buffer): Buffer {
  let rest = bytes;
  while (isInformational(rest)) {
    const end = rest.indexOf("\r\n\r\n");
    if (end < 0) break;
    rest = rest.subarray(end + 4);
  }
  return rest;
}

/** Whether more bytes are needed, to recognize an informational head or to find its end. */
function mayBeHead(bytes: Buffer): boolean {
  return bytes.length < STATUS_BYTES || (isInformational(bytes) && bytes.length < MAX_HEAD_BYTES);
}

function isInformational(bytes: Buffer): boolean {
  return INFORMATIONAL.test(bytes.toString("latin1", 0, STATUS_BYTES));
}
