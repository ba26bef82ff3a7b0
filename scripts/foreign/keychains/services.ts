import type { ChildProcess } from "node:child_process";
import { pbkdf2Sync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { DesktopSession } from "./bus.ts";

/** A program that stores secrets for a desktop, and how to lock and unlock it. */
export interface KeychainService {
  id: string;
  name: string;
  /** The Debian package whose version the table shows. */
  package: string;
  /** Programs that must be installed. */
  programs: readonly string[];
  hasScreen: boolean;
  /**
   * Starts it with an unlocked keychain.
   * @returns the process that serves the keychain
   */
  start: (session: DesktopSession) => Promise<ChildProcess>;
  lock: (session: DesktopSession) => Promise<unknown>;
  /** @returns the process that serves the keychain from then on, if it is a different one */
  unlock: (session: DesktopSession) => Promise<ChildProcess | undefined>;
}

const SECRETS = "org.freedesktop.secrets";
const SECRETS_PATH = "/org/freedesktop/secrets";
const PASSWORD = "the password of the keychain";
const START_TIMEOUT_MS = 30_000;
const GROUP = "30313233-3435-3637-3839-616263646566";

const KEEPASSXC = { bus: "org.keepassxc.KeePassXC.MainWindow", path: "/keepassxc" };
const KWALLET = { bus: "org.kde.kwalletd5", path: "/modules/kwalletd5" };
const SALT = randomBytes(56);

export const SERVICES: readonly KeychainService[] = [
  {
    id: "gnome-keyring",
    name: "gnome-keyring",
    package: "gnome-keyring",
    programs: ["gnome-keyring-daemon"],
    hasScreen: false,
    start: (session) => startGnomeKeyring(session, []),
    lock: (session) =>
      session.call(
        SECRETS,
        SECRETS_PATH,
        "org.freedesktop.Secret.Service.Lock",
        `['${SECRETS_PATH}/collection/login']`
      ),
    // A running daemon accepts the password only from the login module.
    unlock: (session) => startGnomeKeyring(session, ["--replace"])
  },
  {
    id: "keepassxc",
    name: "KeePassXC",
    package: "keepassxc",
    programs: ["keepassxc", "keepassxc-cli", "Xvfb"],
    hasScreen: true,
    start: startKeepassxc,
    lock: (session) => session.call(KEEPASSXC.bus, KEEPASSXC.path, `${KEEPASSXC.bus}.lockAllDatabases`),
    unlock: async (session) => {
      await session.call(
        KEEPASSXC.bus,
        KEEPASSXC.path,
        `${KEEPASSXC.bus}.openDatabase`,
        join(session.home, "secrets.kdbx"),
        PASSWORD
      );
      return undefined;
    }
  },
  {
    id: "kwallet",
    name: "KWallet",
    package: "libkf5wallet-bin",
    programs: ["kwalletd5", "python3", "Xvfb"],
    hasScreen: true,
    start: startKwallet,
    lock: (session) => session.call(KWALLET.bus, KWALLET.path, "org.kde.KWallet.closeAllWallets"),
    // The prompt of the last read is still open and blocks everything else.
    unlock: async (session) => {
      await session.end();
      return answering(session, startWallet(session));
    }
  }
];

async function startGnomeKeyring(session: DesktopSession, flags: string[]): Promise<ChildProcess> {
  const args = [...flags, "--foreground", "--components=secrets", "--unlock"];
  return answering(session, session.spawn("gnome-keyring-daemon", args, PASSWORD));
}

async function startKeepassxc(session: DesktopSession): Promise<ChildProcess> {
  const folder = join(session.home, ".config/keepassxc");
  mkdirSync(folder, { recursive: true });
  const configuration = join(folder, "keepassxc.ini");
  const settings = [
    "[General]\nConfigVersion=2\n[FdoSecrets]\nEnabled=true\nConfirmAccessItem=false\nConfirmDeleteItem=false",
    "ShowNotification=false\n[GUI]\nCheckForUpdates=false\n[Security]\nLockDatabaseIdle=false\n"
  ];
  writeFileSync(configuration, settings.join("\n"));
  // The database itself defines which group is visible to other programs.
  const item = `<Item><Key>FDO_SECRETS_EXPOSED_GROUP</Key><Value>{${GROUP}}</Value></Item>`;
  const uuid = Buffer.from(GROUP.replaceAll("-", ""), "hex").toString("base64");
  const xml = `<?xml version="1.0" encoding="UTF-8"?><KeePassFile><Meta><CustomData>${item}</CustomData></Meta>
<Root><Group><UUID>${uuid}</UUID><Name>Root</Name></Group></Root></KeePassFile>`;
  writeFileSync(join(session.home, "secrets.xml"), xml);
  const database = join(session.home, "secrets.kdbx");
  const args = ["import", "--set-password", join(session.home, "secrets.xml"), database];
  await once(session.spawn("keepassxc-cli", args, `${PASSWORD}\n${PASSWORD}\n`), "exit");
  const started = ["--pw-stdin", "--config", configuration, database];
  return answering(session, session.spawn("keepassxc", started, `${PASSWORD}\n`));
}

async function startKwallet(session: DesktopSession): Promise<ChildProcess> {
  const folder = join(session.home, ".local/share/kwalletd");
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(session.home, ".config"), { recursive: true });
  writeFileSync(join(folder, "kdewallet.salt"), SALT);
  const settings = [
    "[Wallet]\nEnabled=true\nFirst Use=false\nClose When Idle=false\nPrompt on Open=false",
    "Default Wallet=kdewallet\n[org.freedesktop.secrets]\napiEnabled=true\n"
  ];
  writeFileSync(join(session.home, ".config/kwalletrc"), settings.join("\n"));
  // The first start creates the wallet; only from the second start on is it offered to other programs.
  const first = startWallet(session);
  await named(session, KWALLET.bus);
  await delay(1_000);
  first.kill();
  await once(first, "exit");
  return answering(session, startWallet(session));
}

function startWallet(session: DesktopSession): ChildProcess {
  return session.spawn("python3", [join(import.meta.dirname, "kwallet.py")], undefined, {
    PAM_KWALLET5_LOGIN: "1",
    WALLET_KEY: walletKey().toString("hex")
  });
}

/** Derives the key from the user's password as the login module does. */
function walletKey(): Buffer {
  return pbkdf2Sync(PASSWORD, SALT, 50_000, 56, "sha512");
}

/** Resolves when the keychain offers an unlocked collection. */
async function answering(session: DesktopSession, child: ChildProcess): Promise<ChildProcess> {
  const until = Date.now() + START_TIMEOUT_MS;
  const get = "org.freedesktop.DBus.Properties.Get";
  for (;;) {
    const collections = await session
      .call(SECRETS, SECRETS_PATH, get, "org.freedesktop.Secret.Service", "Collections")
      .catch(() => "");
    if (/collection\/(?!session)/.test(collections)) return child;
    if (child.exitCode !== null || Date.now() > until) throw new Error("The keychain did not start.");
    await delay(300);
  }
}

async function named(session: DesktopSession, name: string): Promise<void> {
  const until = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < until) {
    const bus = "org.freedesktop.DBus";
    const owned = await session.call(bus, "/org/freedesktop/DBus", `${bus}.NameHasOwner`, name);
    if (owned === "(true,)") return;
    await delay(300);
  }
  throw new Error(`${name} did not appear on the bus.`);
}
