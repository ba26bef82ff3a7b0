/**
 * What is tried on Windows: plain JavaScript for the Node inside Wine, whose pipes its children can use.
 * Reads `play.json` beside it, writes `results.json`.
 */
const { spawn } = require("node:child_process");
const { mkdirSync, readFileSync, writeFileSync } = require("node:fs");
const { createHash } = require("node:crypto");
const { createServer } = require("node:http");
const { join } = require("node:path");
const { createInterface } = require("node:readline");

const {
  mcpUrl,
  dashboardUrl,
  bin,
  browser,
  rounds,
  only,
  agents: count
} = JSON.parse(readFileSync(join(__dirname, "play.json"), "utf8"));
const home = process.env.USERPROFILE;
const pictures = join(home, "My Pictüres");
const env = {
  ...process.env,
  IMGWIRE_MCP_URL: mcpUrl,
  IMGWIRE_TOKEN_STORE: "keychain",
  IMGWIRE_UPLOAD_ROOTS: pictures,
  BROWSER: "none"
};
const results = [];
/** Milliseconds; Node takes seconds to start in Wine on a busy machine. */
const RUN_TIMEOUT_MS = 60_000;

function start(program, args, more = {}) {
  return spawn(process.execPath, [join(bin, `${program}.js`), ...args], {
    env: { ...env, ...more },
    cwd: home,
    stdio: ["pipe", "pipe", "pipe"]
  });
}

function run(args, { input = "", more, onStderr } = {}) {
  return new Promise((resolve) => {
    const child = start("imgwire", args, more);
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (text) => (stdout += text));
    child.stderr.on("data", (text) => onStderr?.((stderr += text)));
    if (!onStderr) child.stderr.on("data", (text) => (stderr += text));
    const timer = setTimeout(() => child.kill(), RUN_TIMEOUT_MS);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr });
    });
    child.stdin.end(input);
  });
}

async function check(name, act) {
  if (only && !name.includes(only) && !name.startsWith("sign-in")) return;
  const started = Date.now();
  const outcome = await act().then(
    (note) => ({ note }),
    (error) => ({ failed: String(error.stack) })
  );
  results.push({ name, ms: Date.now() - started, ...outcome });
  writeFileSync(join(__dirname, "results.json"), JSON.stringify(results));
}

function expect(isTrue, said) {
  if (!isTrue) throw new Error(typeof said === "string" ? said : JSON.stringify(said));
}

/** An agent on stdio. */
class Agent {
  constructor() {
    this.child = start("imgwire-mcp", []);
    this.waiting = new Map();
    this.id = 0;
    this.child.stderr.resume();
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      const message = JSON.parse(line);
      this.waiting.get(message.id)?.(message);
    });
  }

  request(method, params) {
    const id = ++this.id;
    this.child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    return new Promise((resolve) => this.waiting.set(id, resolve));
  }

  async open() {
    const clientInfo = { name: "play", version: "1" };
    await this.request("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo });
    return this;
  }

  call() {
    return this.request("tools/call", { name: "whoami", arguments: {} });
  }

  async whoami() {
    const { result, error } = await this.call();
    expect(!error && !result.isError, error ?? result);
  }

  end() {
    return new Promise((resolve) => {
      this.child.on("close", resolve);
      this.child.stdin.end();
    });
  }
}

/** A password manager's limit is 2,560 bytes an item; what comes back goes to a server that writes it down. */
async function longSecret() {
  const token = "t".repeat(10_240);
  let seen;
  const server = createServer((req, res) => {
    seen ??= req.headers.authorization;
    res.writeHead(403).end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const more = { IMGWIRE_MCP_URL: `http://127.0.0.1:${server.address().port}/mcp` };
  const stored = await run(["login", "--with-token"], { input: token, more });
  seen = undefined;
  await run(["call", "whoami"], { more });
  await run(["logout"], { more });
  server.close();
  expect(seen === `Bearer ${token}`, { stored, seen: seen?.length });
}

/** The first id in what `upload --json` has printed. */
const imageId = (text) => /"image_id": "([\w-]+)"/.exec(text)?.[1];

async function uploads() {
  mkdirSync(pictures, { recursive: true });
  const png = readFileSync(join(__dirname, "image.png"));
  const path = join(pictures, "ein Bild ä.png");
  writeFileSync(path, png);
  const sha256 = createHash("sha256").update(png).digest("hex");
  const spellings = [path, path.replaceAll("\\", "/")];
  for (const spelling of spellings) {
    const { code, stdout, stderr } = await run(["upload", spelling, "--json"]);
    expect(code === 0, `${spelling}: ${stderr}${stdout}`);
    const stored = await (await fetch(new URL(`api/objects?image=${imageId(stdout)}`, dashboardUrl))).json();
    expect(JSON.stringify(stored).includes(sha256), stored);
  }
}

async function refusals() {
  const paths = [
    "NUL",
    "CON.png",
    join(pictures, "COM1.png"),
    "C:\\windows\\win.ini",
    `\\\\?\\${join(pictures, "ein Bild ä.png")}`,
    `\\\\localhost\\C$${join(pictures, "ein Bild ä.png").slice(2)}`,
    "\\\\server\\share\\a.png"
  ];
  for (const path of paths) {
    const { code, stderr } = await run(["upload", path]);
    expect(code !== 0 && stderr.length > 0, `${path} was taken`);
  }
}

async function install() {
  const folder = join(process.env.APPDATA, "Claude");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "claude_desktop_config.json");
  const before = '{\r\n  "theme": "dark",\r\n  "mcpServers": {}\r\n}\r\n';
  writeFileSync(path, before);
  const installed = await run(["install", "claude-desktop"]);
  const written = readFileSync(path, "utf8");
  expect(installed.code === 0 && written.includes("imgwire"), installed);
  expect(!/[^\r]\n/.test(written), "a line ends without CR");
  const removed = await run(["uninstall", "claude-desktop"]);
  expect(removed.code === 0 && readFileSync(path, "utf8") === before, readFileSync(path, "utf8"));
}

const revoke = () => fetch(new URL("api/revoke-access-tokens", dashboardUrl), { method: "POST" });
const redemptions = async () => {
  const stats = await (await fetch(new URL("api/stats", dashboardUrl))).json();
  return [stats.oauth.refreshRedemptions, stats.oauth.refreshReuse];
};

async function expiries() {
  const agents = await Promise.all(Array.from({ length: count }, () => new Agent().open()));
  for (const agent of agents) await agent.whoami();
  const [before] = await redemptions();
  for (let round = 0; round < rounds; round++) {
    await revoke();
    await Promise.all(agents.map((agent) => agent.whoami()));
  }
  const [after, reuse] = await redemptions();
  await Promise.all(agents.map((agent) => agent.end()));
  expect(after - before === rounds && reuse === 0, `${after - before} redemptions, ${reuse} reuses`);
}

/**
 * A process that is killed after it has redeemed the refresh token and before the new one is stored takes the
 * sign-in with it; nothing can be done about that, but the others have to say so, and at once.
 */
async function kills() {
  let lost = 0;
  for (let round = 0; round < 4; round++) {
    const [victim, other] = await Promise.all([new Agent().open(), new Agent().open()]);
    await revoke();
    void victim.whoami().catch(() => undefined);
    const killing = setTimeout(() => victim.child.kill(), Math.random() * 1_500);
    const { result, error } = await other.call();
    expect(!error && (!result.isError || /Sign in to Imgwire/.test(JSON.stringify(result))), error ?? result);
    clearTimeout(killing);
    victim.child.kill();
    await other.end();
    if (result.isError) {
      lost += 1;
      await login();
    }
  }
  return lost > 0 ? `${lost} of 4 took the sign-in with them` : "";
}

async function login() {
  let visiting;
  const outcome = await run(["login"], {
    onStderr: (text) => {
      const link = /^\s+(https?:\/\/\S+)\r?\n/m.exec(text)?.[1];
      if (link) visiting ??= spawn(process.execPath, [browser, link], { stdio: "ignore" });
    }
  });
  expect(outcome.code === 0, outcome);
}

async function play() {
  await check("--version", async () => expect((await run(["--version"])).code === 0, "it failed"));
  await check("sign-in into the Credential Manager", login);
  await check("read it in another process", async () => {
    const outcome = await run(["whoami"]);
    expect(outcome.code === 0, outcome);
  });
  await check("a secret of 10 KB", longSecret);
  await check("doctor", async () => {
    const outcome = await run(["doctor"]);
    expect(/Credential Manager/.test(outcome.stdout), outcome);
  });
  await check("uploads by C:\\ paths, and with /", uploads);
  await check("reserved names, UNC and system files are refused", refusals);
  await check("install and uninstall in %APPDATA%, with CRLF", install);
  await check("stdio server", async () => {
    const agent = await new Agent().open();
    const { result } = await agent.request("tools/list", {});
    expect(
      result.tools.some(({ name }) => name === "upload_image"),
      result
    );
    await agent.whoami();
    expect((await agent.end()) === 0, "exit code");
  });
  await check(`${count} agents through ${rounds} expiries`, expiries);
  await check("kills at random moments", kills);
  await check("logout", async () => {
    const outcome = await run(["logout"]);
    expect(outcome.code === 0, outcome);
  });
}

// What a failed check has left running must not keep this process.
void play().finally(() => {
  writeFileSync(join(__dirname, "done"), "");
  process.exit();
});
