import { dirname, join, parse } from "node:path";
import { ImgwireError } from "../errors.ts";
import { isInside } from "../system/path.ts";
import { chosenIn, type SourcedChoice } from "./choice.ts";
import type { KnownEnvironments } from "./known-environments.ts";
import { findProject, type Project, PROJECT_FILE, saveProject } from "./project.ts";
import type { Settings } from "./settings.ts";
import { type ChosenEnvironment, readUserConfig, saveEnvironment } from "./user.ts";

/** What the choice of an Environment depends on. */
export interface ChoiceInputs {
  settings: Pick<Settings, "url" | "environment" | "sources">;
  configDir: string;
  cwd: string;
  home: string;
  known: KnownEnvironments;
}

/**
 * How long the content of the configuration files is reused, in milliseconds. A choice made by another
 * process takes effect within this time.
 */
const REREAD_INTERVAL_MS = 1_000;

/**
 * The current Environment, and the ways to choose another one. A flag or a variable can't be overridden. The
 * search for the project file starts in the client's first root if the working directory is outside all
 * roots.
 */
export class EnvironmentChoice {
  readonly known: KnownEnvironments;
  readonly #inputs: ChoiceInputs;
  #roots: readonly string[] | undefined;
  #read: { choice: SourcedChoice | undefined; problem: string | undefined; at: number } | undefined;

  constructor(inputs: ChoiceInputs) {
    this.#inputs = inputs;
    this.known = inputs.known;
  }

  /** The current choice; undefined if none was made, so that Imgwire decides. */
  current(): SourcedChoice | undefined {
    return this.fixed() ?? this.#files().choice;
  }

  /**
   * Throws if a file that may hold the choice can't be read, because nothing may run in an Environment other
   * than the intended one.
   * @throws ImgwireError `environment_unreadable`, naming the file
   */
  requireReadable(): void {
    const problem = this.fixed() ? undefined : this.#files().problem;
    if (problem === undefined) return;
    throw new ImgwireError("environment_unreadable", `The Environment to use is unknown: ${problem}`, {
      hint: "Fix or remove that file, or name the Environment with --environment or IMGWIRE_ENVIRONMENT.",
      agentHint: "Ask the user to fix or remove that file."
    });
  }

  #files(): { choice: SourcedChoice | undefined; problem: string | undefined } {
    if (!this.#read || Date.now() - this.#read.at > REREAD_INTERVAL_MS) {
      const { configDir, settings } = this.#inputs;
      const project = this.#project();
      const user = readUserConfig(configDir);
      const choice = chosenIn(project, user, settings.url);
      const problem = project?.problem ?? (choice?.source === "project file" ? undefined : user.problem);
      this.#read = { choice: project?.problem ? undefined : choice, problem, at: Date.now() };
    }
    return this.#read;
  }

  /** The choice made by a flag or a variable; no file can change it while this process runs. */
  fixed(): SourcedChoice | undefined {
    const { environment: wanted, sources } = this.#inputs.settings;
    if (wanted === undefined) return undefined;
    if (sources.environment === "flag") return { wanted, source: "flag", place: "--environment" };
    if (sources.environment !== "environment variable") return undefined;
    return { wanted, source: "environment variable", place: "IMGWIRE_ENVIRONMENT" };
  }

  /** True if the client's roots aren't known yet and could lead to another choice. */
  wantsRoots(): boolean {
    if (this.#roots || this.fixed()) return false;
    const found = this.#find(this.#inputs.cwd);
    return !found?.environment || !this.#isProjectFolder(dirname(found.path));
  }

  /** Sets the client's roots: absolute paths in its order, or undefined if they must be requested again. */
  useRoots(roots: readonly string[] | undefined): void {
    this.#roots = roots;
    this.changed();
  }

  /** Makes sure that a change to the configuration files takes effect immediately. */
  changed(): void {
    this.#read = undefined;
  }

  /** Sets the user's Environment for this hosted URL, or clears it if undefined. @returns the file */
  async chooseForUser(environment: ChosenEnvironment | undefined): Promise<string> {
    const { configDir, settings } = this.#inputs;
    await saveEnvironment(configDir, settings.url.href, environment);
    this.changed();
    return readUserConfig(configDir).path;
  }

  /**
   * Sets the Environment of the project folder, in the project file that applies there or in a new one.
   * @returns the file
   * @throws ImgwireError `no_project_folder` if this process isn't running in a project
   */
  async chooseForProject(environment: ChosenEnvironment): Promise<string> {
    const folder = this.projectFolder();
    if (!folder) throw noProjectFolder(this.#inputs.cwd);
    const present = this.#project();
    const path = present && isInside(present.path, folder) ? present.path : join(folder, PROJECT_FILE);
    await saveProject(path, environment);
    this.changed();
    return path;
  }

  /** The folder for a project's choice; undefined in the home folder or at the root of a disk. */
  projectFolder(): string | undefined {
    const folder = this.#roots?.[0] ?? this.#inputs.cwd;
    return this.#isProjectFolder(folder) ? folder : undefined;
  }

  /**
   * Finds the nearest project file, searching upward from the working directory. If that is outside all of
   * the client's roots, tries the first root first.
   */
  #project(): Project | undefined {
    const { cwd } = this.#inputs;
    const [root] = this.#roots ?? [];
    if (root === undefined || this.#roots?.some((each) => isInside(cwd, each))) return this.#find(cwd);
    return this.#find(root) ?? this.#find(cwd);
  }

  #find(folder: string): Project | undefined {
    return findProject(folder, this.#inputs.home);
  }

  #isProjectFolder(folder: string): boolean {
    return folder !== this.#inputs.home && parse(folder).root !== folder;
  }
}

function noProjectFolder(cwd: string): ImgwireError {
  return new ImgwireError(
    "no_project_folder",
    `There's no project folder here: the working directory is ${cwd}.`,
    {
      hint: "Go to a project folder, or run `imgwire env use <name>` to choose for all folders.",
      agentHint: "Ask the user to open a project folder, or to run `imgwire env use <name>` in a terminal."
    }
  );
}
