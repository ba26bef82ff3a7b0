import type { SettingSource } from "./definitions.ts";
import type { Project } from "./project.ts";
import type { UserConfig } from "./user.ts";

/** The choice of an Environment, and the setting that makes it. */
export interface SourcedChoice {
  /** An id or a name, as written. */
  wanted: string;
  source: SettingSource;
  /** The flag, variable or file that it comes from. */
  place: string;
}

/** Returns the choice in the configuration files: the project's, else the user's for this hosted URL. */
export function chosenIn(
  project: Project | undefined,
  user: UserConfig,
  url: URL
): SourcedChoice | undefined {
  if (project?.environment) {
    return { wanted: project.environment, source: "project file", place: project.path };
  }
  const chosen = user.environments[url.href];
  return chosen && { wanted: chosen.id, source: "user config", place: user.path };
}
