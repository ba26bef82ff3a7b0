/**
 * Tests the program on Windows. Runs in Wine's Node, so that pipes to the program's processes work. Reads
 * `play.json` from this folder and writes `results.json` there.
 */
const { writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { expiries, kills } = require("./agents.cjs");
const commands = require("./commands.cjs");
const { expect, login, run, settings, starts } = require("./program.cjs");

/** On a machine with few cores, programs start faster in small groups than all at the same time. */
const AT_ONCE = 3;

const STARTED_AGAIN = "Wine failed to start a process, and was asked again";

const results = [];

async function check(name, act) {
  if (settings.only && !name.includes(settings.only) && act !== login) return;
  const started = Date.now();
  const failedStarts = starts.failed;
  const outcome = await act().then(
    (note) => ({
      note: [note, starts.failed > failedStarts && STARTED_AGAIN].filter(Boolean).join("; ")
    }),
    (error) => ({ failed: String(error.stack) })
  );
  results.push({ name, ms: Date.now() - started, ...outcome });
  writeFileSync(join(__dirname, "results.json"), JSON.stringify(results));
}

async function checkTogether(checks) {
  const waiting = [...checks];
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await check(...next);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

async function logout() {
  const outcome = await run(["logout"]);
  expect(outcome.code === 0, outcome);
  const after = await run(["whoami"]);
  expect(after.code !== 0, after);
}

async function play() {
  await check("sign-in into the Credential Manager", login);
  await checkTogether([
    ["a secret of 10 KB", commands.longSecret],
    ["install, doctor and uninstall, in %APPDATA% and with CRLF", commands.install],
    ["uploads by C:\\, C:/, ~\\ and file:///C:/", commands.uploads],
    ["reserved names, streams, UNC, \\\\?\\ and system files are refused", commands.refusals],
    ["stdio server", commands.server],
    ["the sign-in is read by another process", commands.whoami],
    ["--version", commands.version]
  ]);
  await check(`${settings.agents} agents through ${settings.rounds} expiries`, expiries);
  await check("kills at random moments", kills);
  await check("logout", logout);
}

// Processes left running by a failed check must not keep this one alive.
void play().finally(() => {
  writeFileSync(join(__dirname, "done"), "");
  process.exit();
});
