import { dirname, join, parse } from "node:path";
import { ImgwireError } from "../errors.ts";
import { isInside } from "../system/inside.ts";
import type { KnownEnvironments } from "./known-environments.ts";
import { findProject, type Project, PROJECT_FILE, saveProject } from "./project.ts";
import type { Settings, SettingSource } from "./settings.ts";
import { type ChosenEnvironment, readUserConfig, saveEnvironment, type UserConfig } from "./user.ts";

/** An Environment as somebody has chosen it. */
export interface Choice {
  /** What was written: an id or a name. */
  wanted: string;
  source: SettingSource;
  /** The flag, the variable or the file that it was written in. */
  place: string;
}

/** The choice that configuration files make: the project's, else the user's for this hosted URL. */
export function chosenIn(project: Project | undefined, user: UserConfig, url: URL): Choice | undefined {
  if (project?.environment) {
    return { wanted: project.environment, source: "project file", place: project.path };
  }
  const chosen = user.environments[url.href];
  return chosen && { wanted: chosen.id, source: "user config", place: user.path };
}

/** What the choice of an Environment depends on. */
export interface ChoiceInputs {
  settings: Pick<Settings, "url" | "environment" | "sources">;
  configDir: string;
  cwd: string;
  home: string;
  known: KnownEnvironments;
}

/** Configuration files are looked at again after this many milliseconds: a choice made elsewhere counts soon. */
const REREAD_MS = 1_000;

/**
 * The Environment in force, and the ways to choose another one. What a flag or a variable says is fixed; the
 * project file is looked for from the client's root where the working directory is none of the client's folders.
 */
export class EnvironmentChoice {
  readonly known: KnownEnvironments;
  readonly #inputs: ChoiceInputs;
  #roots: readonly string[] | undefined;
  #read: { choice: Choice | undefined; at: number } | undefined;

  constructor(inputs: ChoiceInputs) {
    this.#inputs = inputs;
    this.known = inputs.known;
  }

  /** The choice in force; undefined where none was made, so that the hosted side decides. */
  current(): Choice | undefined {
    const fixed = this.fixed();
    if (fixed) return fixed;
    if (!this.#read || Date.now() - this.#read.at > REREAD_MS) {
      const { configDir, settings } = this.#inputs;
      const choice = chosenIn(this.#project(), readUserConfig(configDir), settings.url);
      this.#read = { choice, at: Date.now() };
    }
    return this.#read.choice;
  }

  /** The choice that a flag or a variable makes: no file can change it while this process lives. */
  fixed(): Choice | undefined {
    const { environment: wanted, sources } = this.#inputs.settings;
    if (wanted === undefined) return undefined;
    if (sources.environment === "flag") return { wanted, source: "flag", place: "--environment" };
    if (sources.environment !== "environment variable") return undefined;
    return { wanted, source: "environment variable", place: "IMGWIRE_ENVIRONMENT" };
  }

  /** Whether the client's roots, not known yet, could lead to another choice. */
  wantsRoots(): boolean {
    if (this.#roots || this.fixed()) return false;
    const found = findProject(this.#inputs.cwd);
    return !found?.environment || !this.#isProjectFolder(dirname(found.path));
  }

  /** Takes the client's roots, absolute paths in the client's order; undefined when they are to be asked for again. */
  useRoots(roots: readonly string[] | undefined): void {
    this.#roots = roots;
    this.changed();
  }

  /** Looks at the configuration files again. */
  changed(): void {
    this.#read = undefined;
  }

  /** Chooses, or with undefined forgets, the user's Environment for this hosted URL. @returns the file */
  async chooseForUser(environment: ChosenEnvironment | undefined): Promise<string> {
    const { configDir, settings } = this.#inputs;
    await saveEnvironment(configDir, settings.url.href, environment);
    this.changed();
    return readUserConfig(configDir).path;
  }

  /**
   * Chooses the Environment of the project folder: in the project file in force there, or a new one.
   * @returns the file
   * @throws ImgwireError `no_project_folder` when this process works in no project
   */
  async chooseForProject({ id }: ChosenEnvironment): Promise<string> {
    const folder = this.projectFolder();
    if (!folder) throw noProjectFolder(this.#inputs.cwd);
    const present = this.#project();
    const path = present && isInside(present.path, folder) ? present.path : join(folder, PROJECT_FILE);
    await saveProject(path, id);
    this.changed();
    return path;
  }

  /** The folder that a choice for the project belongs to; undefined in a home folder or at the top of a disk. */
  projectFolder(): string | undefined {
    const folder = this.#roots?.[0] ?? this.#inputs.cwd;
    return this.#isProjectFolder(folder) ? folder : undefined;
  }

  /** The nearest project file: from the working directory where it lies in a root of the client, else from the root. */
  #project(): Project | undefined {
    const { cwd } = this.#inputs;
    const [root] = this.#roots ?? [];
    if (root === undefined || this.#roots?.some((each) => isInside(cwd, each))) return findProject(cwd);
    return findProject(root) ?? findProject(cwd);
  }

  #isProjectFolder(folder: string): boolean {
    return folder !== this.#inputs.home && parse(folder).root !== folder;
  }
}

function noProjectFolder(cwd: string): ImgwireError {
  return new ImgwireError("no_project_folder", `There is no project folder: the program works in ${cwd}.`, {
    hint: "Open a project folder in the agent; or run `imgwire env use <name>` to choose for all folders."
  });
}
