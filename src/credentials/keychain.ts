import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { ImgwireError } from "../errors.ts";
import { askKeychain, type KeychainStep } from "./keychain-process.ts";
import type { CredentialStore, KeychainFault } from "./store.ts";

/** The service name of the items, as shown by the platform's keychain program. */
export const SERVICE = "imgwire-mcp";

/** What a keychain store depends on. */
export interface KeychainOptions {
  env: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  /**
   * The most characters in one item. Windows limits items to 2,560 bytes, which is 1,280 characters of
   * UTF-16. Elsewhere there is no limit, and fewer items mean fewer prompts.
   */
  maxItemChars?: number;
}

const MAX_WINDOWS_ITEM_CHARS = 1_200;

/**
 * The content of an account's own item if its secret is spread over several: their slot, their number, and
 * the id of the write.
 */
const SPREAD = /^spread:([012]):(\d{1,2}):([\w-]{36})$/;
/** The most parts of a secret. Because of this limit, all parts of a killed writer can be deleted by name. */
const MAX_PARTS = 32;
const SLOTS = [0, 1, 2] as const;
/** How many times to read a secret if it is replaced while being read. */
const MAX_READS = 5;
const REREAD_INTERVAL_MS = 50;

/**
 * Stores secrets in the operating system's keychain: macOS Keychain, Windows Credential Manager, or the
 * Secret Service.
 *
 * A secret too long for one item is spread over the numbered items of a slot. The account's own item, written
 * last, names the slot. The next secret goes into the next slot while the previous one remains, so a reader
 * always finds a complete secret, old or new, even during a write or after a crash.
 */
export function keychainStore(options: KeychainOptions): CredentialStore {
  const { platform, maxItemChars = platform === "win32" ? MAX_WINDOWS_ITEM_CHARS : Infinity } = options;
  const ask = (steps: readonly KeychainStep[]): Promise<(string | null)[]> =>
    askKeychain(SERVICE, steps, keychainEnv(options)).catch((error: unknown) => {
      throw explained(error, platform);
    });
  const isSpread = maxItemChars !== Infinity;

  return {
    kind: "keychain",
    describe: () => keychainName(platform),
    async read(account) {
      for (let reads = 1; ; reads += 1) {
        // All parts in one request, because starting the child process takes longer than reading.
        const [own, ...parts] = await ask([{ do: "read", account, head: SPREAD.source }]);
        const head = headOf(own);
        if (!head) return own ?? undefined;
        const secret = joined(parts, head);
        if (secret !== undefined) return secret;
        if (reads === MAX_READS) throw incomplete();
        await delay(REREAD_INTERVAL_MS);
      }
    },
    async write(account, secret) {
      const present = isSpread ? headOf((await ask([{ do: "read", account }]))[0]) : undefined;
      const slot = SLOTS[((present?.slot ?? 2) + 1) % 3] ?? 0;
      const { own, parts } = spread(account, secret, maxItemChars, slot);
      const oldest = isSpread ? partNames(account, SLOTS[(slot + 1) % 3] ?? 0) : [];
      const unused = isSpread ? partNames(account, slot).slice(parts.length) : [];
      await ask([...parts, { do: "write", account, secret: own }, ...[...oldest, ...unused].map(deletion)]);
    },
    async remove(account) {
      const parts = isSpread ? SLOTS.flatMap((slot) => partNames(account, slot)) : [];
      await ask([account, ...parts].map(deletion));
    }
  };
}

/**
 * Checks that there is a working keychain by writing, reading back and deleting an item.
 * @throws ImgwireError as {@link CredentialStore.read} does
 */
export async function probeKeychain(options: KeychainOptions): Promise<void> {
  const account = `probe-${randomUUID()}`;
  const steps: KeychainStep[] = [
    { do: "write", account, secret: account },
    { do: "read", account },
    { do: "delete", account }
  ];
  const [, read] = await askKeychain(SERVICE, steps, keychainEnv(options)).catch((error: unknown) => {
    throw explained(error, options.platform);
  });
  if (read !== account)
    throw new ImgwireError("keychain_failed", "The keychain didn't return the value that was saved.");
}

/** The name of a platform's keychain. */
export function keychainName(platform: NodeJS.Platform): string {
  if (platform === "darwin") return "the macOS Keychain";
  return platform === "win32" ? "the Windows Credential Manager" : "the Secret Service keyring";
}

/** Adds the D-Bus address, which agents don't pass to servers. The socket is where systemd puts it. */
function keychainEnv({ env, platform }: KeychainOptions): NodeJS.ProcessEnv {
  if (platform !== "linux" || env["DBUS_SESSION_BUS_ADDRESS"]) return { ...env };
  const folders = [env["XDG_RUNTIME_DIR"], `/run/user/${process.getuid?.() ?? ""}`].filter(Boolean);
  const socket = folders.map((folder) => `${folder}/bus`).find((path) => existsSync(path));
  return { ...env, ...(socket && { DBUS_SESSION_BUS_ADDRESS: `unix:path=${socket}` }) };
}

interface Head {
  slot: number;
  count: number;
  writing: string;
}

function headOf(own: string | null | undefined): Head | undefined {
  const [, slot, count, writing] = SPREAD.exec(own ?? "") ?? [];
  return writing === undefined ? undefined : { slot: Number(slot), count: Number(count), writing };
}

function partNames(account: string, slot: number): string[] {
  return Array.from({ length: MAX_PARTS }, (_, index) => `${account}#${slot}#${index + 1}`);
}

/** Joins the parts of a secret; undefined if one is missing or belongs to another write. */
function joined(parts: readonly (string | null)[], { count, writing }: Head): string | undefined {
  const start = `${writing}:`;
  if (parts.length !== count || !parts.every((part) => part?.startsWith(start))) return undefined;
  return parts.map((part) => part?.slice(start.length)).join("");
}

function spread(
  account: string,
  secret: string,
  limit: number,
  slot: number
): { own: string; parts: KeychainStep[] } {
  if (secret.length <= limit) return { own: secret, parts: [] };
  const writing = randomUUID();
  const pieces = cut(secret, limit - writing.length - 1);
  if (pieces.length > MAX_PARTS)
    throw new ImgwireError("keychain_failed", "The sign-in is too large for the keychain.");
  const names = partNames(account, slot);
  const parts = pieces.map((piece, index): KeychainStep => ({
    do: "write",
    account: names[index] ?? "",
    secret: `${writing}:${piece}`
  }));
  return { own: `spread:${slot}:${pieces.length}:${writing}`, parts };
}

/** Cuts a text into pieces of at most `size` UTF-16 units, but not within a surrogate pair. */
function cut(text: string, size: number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += pieces.at(-1)?.length ?? size) {
    const piece = text.slice(at, at + size);
    pieces.push(/[\uD800-\uDBFF]$/.test(piece) ? piece.slice(0, -1) : piece);
  }
  return pieces;
}

function incomplete(): ImgwireError {
  return new ImgwireError("keychain_failed", "The sign-in in the keychain is incomplete.", {
    hint: "Run `imgwire login`."
  });
}

function deletion(account: string): KeychainStep {
  return { do: "delete", account };
}

/** The message of a Secret Service without a default collection, as for a new user of the machine. */
const NO_COLLECTION = /no result found/i;

/** The messages of locked and of missing keychains. */
const MESSAGES: readonly [RegExp, KeychainFault][] = [
  [
    /prompt was dismissed|is locked|locked collection|interaction is not allowed|user canceled/i,
    "keychain_locked"
  ],
  [
    /autolaunch|native binding|cannot find module|failed to connect to socket|no such file|ServiceUnknown|not provided by any|no storage access|NotSupported/i,
    "keychain_unavailable"
  ]
];

/** Rewords an error of the keychain for people, with the platform's name for it and a hint. */
function explained(error: unknown, platform: NodeJS.Platform): unknown {
  if (!(error instanceof ImgwireError)) return error;
  const name = keychainName(platform);
  const detail = error.cause instanceof Error ? error.cause.message : "";
  const fault = MESSAGES.find(([pattern]) => pattern.test(detail))?.[1];
  const file = "or set IMGWIRE_TOKEN_STORE=file to store the sign-in in a file";
  if (fault === "keychain_locked") {
    const hint = `Unlock it and try again, ${file}.`;
    return new ImgwireError(fault, `${capital(name)} is locked.`, { hint, cause: error });
  }
  if (NO_COLLECTION.test(detail)) {
    const hint = `Create one in your desktop's keyring program, such as Passwords and Keys or KWalletManager, ${file}.`;
    const message = `${capital(name)} has no default collection yet, so it can't store secrets.`;
    return new ImgwireError("keychain_unavailable", message, { hint, cause: error });
  }
  if (fault === "keychain_unavailable") {
    const session = platform === "linux" ? " or pass DBUS_SESSION_BUS_ADDRESS to this program" : "";
    const hint = `Start one${session}, ${file}.`;
    return new ImgwireError(fault, `There is no keychain here: ${name} does not answer.`, {
      hint,
      cause: error
    });
  }
  const message = error.message.replace("The keychain", capital(name));
  return error.with({ message, hint: error.hint ?? `Try again, ${file}.` });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
