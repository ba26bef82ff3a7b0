import type { SettingSource } from "./definitions.ts";
import type { Project } from "./project.ts";
import type { UserConfig } from "./user.ts";

/** An Environment as it was chosen. */
export interface Choice {
  /** What was written: an id or a name. */
  wanted: string;
  source: SettingSource;
  /** The flag, variable or file it was written in. */
  place: string;
}

/** The choice in the configuration files: the project's, else the user's for this hosted URL. */
export function chosenIn(project: Project | undefined, user: UserConfig, url: URL): Choice | undefined {
  if (project?.environment) {
    return { wanted: project.environment, source: "project file", place: project.path };
  }
  const chosen = user.environments[url.href];
  return chosen && { wanted: chosen.id, source: "user config", place: user.path };
}
