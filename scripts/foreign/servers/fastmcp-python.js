import { spawn } from "node:child_process";
import { join } from "node:path";
import { CLIENT, startUpstream } from "./upstream.js";

const { PORT, STATE, TTL } = process.env;
const upstream = await startUpstream(`http://127.0.0.1:${PORT}/auth/callback`, Number(TTL));
const folder = import.meta.dirname;
const child = spawn(join(folder, "python/bin/python"), [join(folder, "fastmcp_python.py")], {
  stdio: "inherit",
  env: {
    ...process.env,
    HOME: STATE,
    AUTHORIZE: upstream.authorize,
    TOKEN: upstream.token,
    REVOKE: upstream.revoke,
    VERIFY: upstream.verify,
    CLIENT_ID: CLIENT.id,
    CLIENT_SECRET: CLIENT.secret
  }
});
// Both processes get the signal. Wait for the child, which owns the port, to exit first.
process.on("SIGTERM", () => undefined);
child.on("exit", (code) => process.exit(code ?? 1));
