import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { ImgwireError } from "../errors.ts";
import { askKeychain, type KeychainStep } from "./keychain-process.ts";
import type { CredentialStore, KeychainFault } from "./store.ts";

/** The name under which the keychain's own program lists the items. */
export const SERVICE = "imgwire-mcp";

/** What a keychain store depends on. */
export interface KeychainOptions {
  env: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  /**
   * Characters that one item may hold. Windows' limit of 2,560 bytes is 1,280 characters of UTF-16; elsewhere items
   * may be as long as they like, and one item is one question to the user.
   */
  itemLimit?: number;
}

const WINDOWS_ITEM_LIMIT = 1_200;

/** What stands in an account's own item when the secret is spread over several: which ones, and how many. */
const SPREAD = /^spread:([\w-]{36}):(\d{1,4})$/;

/**
 * Keeps secrets in the operating system's keychain: macOS Keychain, Windows Credential Manager, or the Secret Service.
 *
 * A secret that is too long for one item is spread over numbered ones under a name that is new each time; the
 * account's own item then says which. It is written last, so that a reader, or a crash, meets the old secret or the
 * new one, whole.
 */
export function keychainStore(options: KeychainOptions): CredentialStore {
  const { platform, itemLimit = platform === "win32" ? WINDOWS_ITEM_LIMIT : Infinity } = options;
  const ask = (steps: readonly KeychainStep[]): Promise<(string | null)[]> =>
    askKeychain(SERVICE, steps, keychainEnv(options)).catch((error: unknown) => {
      throw explain(error, platform);
    });
  const readOwn = async (account: string): Promise<string | undefined> =>
    (await ask([{ do: "read", account }]))[0] ?? undefined;

  return {
    kind: "keychain",
    describe: () => keychainName(platform),
    async read(account) {
      const own = await readOwn(account);
      const parts = partsOf(account, own);
      if (!parts.length) return own;
      const read = await ask(parts.map((part) => ({ do: "read", account: part })));
      if (read.every((part) => part !== null)) return read.join("");
      throw new ImgwireError("keychain_failed", "The sign-in in the keychain is not complete.", {
        hint: "Run `imgwire logout`, then `imgwire login`."
      });
    },
    async write(account, secret) {
      const before = itemLimit === Infinity ? [] : partsOf(account, await readOwn(account));
      const { own, parts } = spread(account, secret, itemLimit);
      await ask([...parts, { do: "write", account, secret: own }, ...before.map(deletion)]);
    },
    async remove(account) {
      const parts = partsOf(account, itemLimit === Infinity ? undefined : await readOwn(account));
      await ask([{ do: "delete", account }, ...parts.map(deletion)]);
    }
  };
}

/**
 * Finds out whether there is a keychain that works, by writing, reading back and deleting an item.
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
    throw explain(error, options.platform);
  });
  if (read !== account)
    throw new ImgwireError("keychain_failed", "The keychain does not give back what it is given.");
}

/** How the keychain of a platform is called. */
export function keychainName(platform: NodeJS.Platform): string {
  if (platform === "darwin") return "the macOS Keychain";
  return platform === "win32" ? "the Windows Credential Manager" : "the Secret Service keyring";
}

/** Agents start servers without D-Bus variables; the session's socket is where systemd puts it. */
function keychainEnv({ env, platform }: KeychainOptions): NodeJS.ProcessEnv {
  if (platform !== "linux" || env["DBUS_SESSION_BUS_ADDRESS"]) return { ...env };
  const folders = [env["XDG_RUNTIME_DIR"], `/run/user/${process.getuid?.() ?? ""}`].filter(Boolean);
  const socket = folders.map((folder) => `${folder}/bus`).find((path) => existsSync(path));
  return { ...env, ...(socket && { DBUS_SESSION_BUS_ADDRESS: `unix:path=${socket}` }) };
}

function partsOf(account: string, own: string | undefined): string[] {
  const [, name, count] = SPREAD.exec(own ?? "") ?? [];
  return name ? partNames(account, name, Number(count)) : [];
}

function partNames(account: string, name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${account}#${name}#${index + 1}`);
}

function spread(account: string, secret: string, limit: number): { own: string; parts: KeychainStep[] } {
  if (secret.length <= limit) return { own: secret, parts: [] };
  const name = randomUUID();
  const count = Math.ceil(secret.length / limit);
  const parts = partNames(account, name, count).map((part, index): KeychainStep => {
    return { do: "write", account: part, secret: secret.slice(index * limit, (index + 1) * limit) };
  });
  return { own: `spread:${name}:${count}`, parts };
}

function deletion(account: string): KeychainStep {
  return { do: "delete", account };
}

/** What the keychains say when they are locked, and when there is none. The rest is reported as it is. */
const SAYINGS: readonly [RegExp, KeychainFault][] = [
  [
    /prompt was dismissed|is locked|locked collection|interaction is not allowed|user canceled/i,
    "keychain_locked"
  ],
  [
    /autolaunch|native binding|cannot find module|failed to connect to socket|no such file|ServiceUnknown|not provided by any|no result found|no storage access|NotSupported/i,
    "keychain_unavailable"
  ]
];

function explain(error: unknown, platform: NodeJS.Platform): unknown {
  if (!(error instanceof ImgwireError)) return error;
  const name = keychainName(platform);
  const said = error.cause instanceof Error ? error.cause.message : "";
  const fault = SAYINGS.find(([pattern]) => pattern.test(said))?.[1];
  const file = "or set IMGWIRE_TOKEN_STORE=file to keep the sign-in in a file";
  if (fault === "keychain_locked") {
    const hint = `Unlock it and try again, ${file}.`;
    return new ImgwireError(fault, `${capital(name)} is locked.`, { hint, cause: error });
  }
  if (fault === "keychain_unavailable") {
    const session = platform === "linux" ? " or hand DBUS_SESSION_BUS_ADDRESS on to this program" : "";
    const hint = `Start one${session}, ${file}.`;
    return new ImgwireError(fault, `There is no keychain here: ${name} does not answer.`, {
      hint,
      cause: error
    });
  }
  const hint = `Try again, ${file}.`;
  return new ImgwireError(error.code, error.message.replace("The keychain", capital(name)), {
    hint,
    cause: error
  });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
