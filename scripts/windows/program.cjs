/** Drives the program on Windows: its commands, its stdio server and its sandbox. */
const { spawn } = require("node:child_process");
const { mkdirSync, readFileSync } = require("node:fs");
const { join } = require("node:path");
const { createInterface } = require("node:readline");

const settings = JSON.parse(readFileSync(join(__dirname, "play.json"), "utf8"));
const home = process.env.USERPROFILE;
const pictures = join(home, "My Pictüres");
mkdirSync(pictures, { recursive: true });
const env = {
  ...process.env,
  IMGWIRE_MCP_URL: settings.mcpUrl,
  IMGWIRE_TOKEN_STORE: "keychain",
  IMGWIRE_UPLOAD_ROOTS: pictures,
  // Don't contact the npm registry.
  IMGWIRE_NO_UPDATE_NOTIFIER: "1",
  BROWSER: "none"
};
/** On a busy machine, Node takes seconds to start in Wine. */
const RUN_TIMEOUT_MS = 60_000;

function expect(isTrue, said) {
  if (!isTrue) throw new Error(typeof said === "string" ? said : JSON.stringify(said));
}

const MAX_FAILED_STARTS = 3;
/** How often Wine has failed to start a process. */
const starts = { failed: 0 };

/** Starts Node. Rarely, Wine fails to create the process ("spawn UNKNOWN"), and is asked again. */
function startNode(args, options) {
  for (;;) {
    try {
      return spawn(process.execPath, args, options);
    } catch (error) {
      if (error.code !== "UNKNOWN" || ++starts.failed > MAX_FAILED_STARTS) throw error;
    }
  }
}

function start(program, args, more = {}) {
  return startNode([join(settings.bin, `${program}.js`), ...args], {
    env: { ...env, ...more },
    cwd: home,
    stdio: ["pipe", "pipe", "pipe"]
  });
}

/** Runs a command until it exits; `onStderr` receives everything written to standard error so far. */
function run(args, { input = "", more, onStderr } = {}) {
  return new Promise((resolve) => {
    const child = start("imgwire", args, more);
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
      onStderr?.(stderr);
    });
    const timer = setTimeout(() => child.kill(), RUN_TIMEOUT_MS);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr });
    });
    child.stdin.end(input);
  });
}

/** Signs in with a browser that only follows redirects. */
async function login() {
  let visiting;
  const outcome = await run(["login"], {
    onStderr: (text) => {
      const link = /^\s+(https?:\/\/\S+)\r?\n/m.exec(text)?.[1];
      if (link) visiting ??= startNode([settings.browser, link], { stdio: "ignore" });
    }
  });
  expect(outcome.code === 0, outcome);
}

/** An agent on stdio. */
class Agent {
  constructor() {
    this.child = start("imgwire-mcp", []);
    this.waiting = new Map();
    this.id = 0;
    this.child.stderr.resume();
    // Writing to a killed process must not throw.
    this.child.stdin.on("error", () => undefined);
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

  /**
   * Closes the server's input, as an agent does.
   * @returns its exit code
   */
  end() {
    return new Promise((resolve) => {
      this.child.on("close", resolve);
      this.child.stdin.end();
    });
  }
}

/** Sends a request to the sandbox's dashboard, whose paths start with `api/`. */
async function dashboard(path, init) {
  return (await fetch(new URL(path, settings.dashboardUrl), init)).json();
}

module.exports = { Agent, dashboard, expect, home, login, pictures, run, settings, starts };
