import { version } from "../../../../package.json";
import { isOn } from "../../ui/reader.ts";
import { howToUpdate } from "../../update/notice.ts";
import { askRegistry, isNewer } from "../../update/newest.ts";
import { type Check, type CheckContext, pass, type CheckResult } from "./check.ts";

/** Checks whether a newer version of this program is available. */
export const VERSION_CHECK: Check = { id: "version", title: "Version", run: checkVersion };

async function checkVersion({ deps, signal }: CheckContext): Promise<CheckResult> {
  if (deps.settings.noUpdateNotifier || isOn(deps.io.env["CI"])) {
    return pass(`${version}. Didn't check for a newer one.`);
  }
  try {
    const newest = await askRegistry(deps, signal);
    if (!isNewer(newest, version)) return pass(`${version}, the latest.`);
    return {
      status: "warn",
      message: `${version}; ${newest} is available.`,
      fix: `Update: ${howToUpdate()}`
    };
  } catch {
    return { status: "skip", message: `${version}. Couldn't get the latest version from the npm registry.` };
  }
}
