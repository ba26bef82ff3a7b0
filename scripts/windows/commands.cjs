/** Checks of the commands. They are independent, so that several can run at the same time. */
const { Buffer } = require("node:buffer");
const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, writeFileSync } = require("node:fs");
const { createServer } = require("node:http");
const { join } = require("node:path");
const { Agent, dashboard, expect, pictures, run } = require("./program.cjs");

async function version() {
  const outcome = await run(["--version"]);
  expect(outcome.code === 0 && /\d+\.\d+\.\d+/.test(outcome.stdout), outcome);
}

async function whoami() {
  const outcome = await run(["whoami"]);
  expect(outcome.code === 0, outcome);
}

/**
 * The Credential Manager allows 2,560 bytes per item. The value that comes back is sent to a server, which
 * records it.
 */
async function longSecret() {
  const token = "t".repeat(10_240);
  let seen;
  const server = createServer((req, res) => {
    seen ??= req.headers.authorization;
    // Unlike a 401, a 404 says nothing about the token.
    res.writeHead(404).end();
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

/** Each file has different content, so that none is already uploaded. */
function putPicture(name) {
  const path = join(pictures, name);
  // Data after the end of a PNG isn't part of the image.
  const bytes = Buffer.concat([readFileSync(join(__dirname, "image.png")), Buffer.from(name)]);
  writeFileSync(path, bytes);
  return { path, sha256: createHash("sha256").update(bytes).digest("hex") };
}

async function uploads() {
  const files = ["ein Bild ä.png", "zwei.png", "drei.png", "vier.png"].map(putPicture);
  const spell = [
    (path) => path,
    (path) => path.replaceAll("\\", "/"),
    (path) => `~\\${path.split("\\").slice(-2).join("\\")}`,
    (path) => new URL(`file:///${path.replaceAll("\\", "/")}`).href
  ];
  const outcome = await run(["upload", ...files.map(({ path }, at) => spell[at](path)), "--json"]);
  expect(outcome.code === 0, outcome);
  const answers = JSON.parse(outcome.stdout).files;
  expect(answers.length === files.length, outcome);
  for (const { image_id: id } of answers) {
    const stored = JSON.stringify(await dashboard(`api/objects?image=${id}`));
    const at = files.findIndex(({ sha256 }) => stored.includes(sha256));
    expect(at >= 0, `${id} is none of the files: ${stored}`);
    files.splice(at, 1);
  }
}

/** Each path must be refused for its own reason, not reported as missing, and nothing may be sent. */
async function refusals() {
  const { path } = putPicture("fünf.png");
  const refused = {
    NUL: "path_refused",
    "CON.png": "path_refused",
    [join(pictures, "COM1.png")]: "path_refused",
    [`${path}:stream.png`]: "path_refused",
    [`\\\\?\\${path}`]: "path_refused",
    [`\\\\.\\${path}`]: "path_refused",
    [`\\\\localhost\\C$${path.slice(2)}`]: "path_refused",
    "\\\\server\\share\\a.png": "path_refused",
    "C:\\windows\\win.ini": "outside_roots"
  };
  const outcome = await run(["upload", ...Object.keys(refused), "--json"]);
  const { uploaded, files } = JSON.parse(outcome.stdout);
  const found = Object.fromEntries(files.map(({ path: typed, error }) => [typed, error?.code]));
  expect(outcome.code !== 0 && uploaded === 0, outcome);
  for (const [typed, code] of Object.entries(refused)) expect(found[typed] === code, { typed, found });
}

/** Doctor starts the agent's entry as the agent would. */
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
  const doctor = await run(["doctor"]);
  expect(doctor.code === 0 && /PASS +Claude Desktop/.test(doctor.stdout), doctor);
  expect(/PASS .*Credential Manager/.test(doctor.stdout), doctor);
  const removed = await run(["uninstall", "claude-desktop"]);
  expect(removed.code === 0 && readFileSync(path, "utf8") === before, readFileSync(path, "utf8"));
}

async function server() {
  const agent = await new Agent().open();
  const { result } = await agent.request("tools/list", {});
  expect(
    result.tools.some(({ name }) => name === "upload_image"),
    result
  );
  await agent.whoami();
  expect((await agent.end()) === 0, "exit code");
}

module.exports = { install, longSecret, refusals, server, uploads, version, whoami };
