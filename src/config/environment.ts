import { dirname, join, parse } from "node:path";
import { ImgwireError } from "../errors.ts";
import { isInside } from "../system/inside.ts";
import { type Choice, chosenIn } from "./choice.ts";
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

/** How long what the configuration files said holds, in milliseconds: a choice made elsewhere counts soon. */
const REREAD_MS = 1_000;

/**
 * The current Environment, and the ways to choose another one. What a flag or a variable says is fixed; the
 * project file is looked for from the client's root where the working directory is none of the client's
 * folders.
 */
export class EnvironmentChoice {
  readonly known: KnownEnvironments;
  readonly #inputs: ChoiceInputs;
  #roots: readonly string[] | undefined;
  #read: { choice: Choice | undefined; problem: string | undefined; at: number } | undefined;

  constructor(inputs: ChoiceInputs) {
    this.#inputs = inputs;
    this.known = inputs.known;
  }

  /** The current choice; undefined if none was made, so that Imgwire decides. */
  current(): Choice | undefined {
    return this.fixed() ?? this.#files().choice;
  }

  /**
   * Throws where a file that may hold the choice can't be read: nothing may work in another Environment than
   * the one that was meant.
   * @throws ImgwireError `environment_unreadable`, naming the file
   */
  requireReadable(): void {
    const problem = this.fixed() ? undefined : this.#files().problem;
    if (problem === undefined) return;
    throw new ImgwireError("environment_unreadable", `It isn't known which Environment to use: ${problem}`, {
      hint: "Fix or remove that file; or name the Environment with --environment or IMGWIRE_ENVIRONMENT.",
      agentHint: "Ask the user to fix or remove that file."
    });
  }

  #files(): { choice: Choice | undefined; problem: string | undefined } {
    if (!this.#read || Date.now() - this.#read.at > REREAD_MS) {
      const { configDir, settings } = this.#inputs;
      const project = this.#project();
      const user = readUserConfig(configDir);
      const choice = chosenIn(project, user, settings.url);
      const problem = project?.problem ?? (choice?.source === "project file" ? undefined : user.problem);
      this.#read = { choice: project?.problem ? undefined : choice, problem, at: Date.now() };
    }
    return this.#read;
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
    const found = this.#find(this.#inputs.cwd);
    return !found?.environment || !this.#isProjectFolder(dirname(found.path));
  }

  /**
   * Takes the client's roots, absolute paths in the client's order; undefined when they are to be asked for
   * again.
   */
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
   * Chooses the Environment of the project folder: in the project file that is used there, or a new one.
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

  /**
   * The folder that a choice for the project belongs to; undefined in a home folder or at the top of a disk.
   */
  projectFolder(): string | undefined {
    const folder = this.#roots?.[0] ?? this.#inputs.cwd;
    return this.#isProjectFolder(folder) ? folder : undefined;
  }

  /**
   * The nearest project file: from the working directory if it lies in a root of the client, else from the
   * root.
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
