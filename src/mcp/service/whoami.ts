import type { HostedTools } from "../calls/hosted-tools.ts";
import { asFields, type Fields, fieldsOf, unexpected } from "./schemas.ts";

/** An Imgwire Environment as the hosted server lists it. */
export interface Environment {
  id: string;
  name: string;
}

/** The result of the hosted tool `whoami`, as far as it could be read. */
export interface Whoami {
  user: Fields | undefined;
  organization: Fields | undefined;
  environments: readonly (Environment & { isDefault: boolean })[];
  /** The Environment that Imgwire reports for this connection; undefined if it reports none. */
  linked: Environment | undefined;
}

export const WHOAMI = "whoami";

/**
 * Asks Imgwire who is signed in and which Environments exist.
 * @throws what {@link HostedTools.call} throws; ImgwireError `unexpected_answer`
 */
export async function askWhoami(hosted: HostedTools, signal?: AbortSignal): Promise<Whoami> {
  const result = await hosted.call(WHOAMI, {}, { repeatable: true, ...(signal && { signal }) });
  return readWhoami(fieldsOf(WHOAMI, result));
}

/** Members that may hold the linked Environment. The schema isn't published. */
const LINKED = ["linked_environment", "current_environment", "environment", "active_environment"];

/**
 * Parses the result of `whoami`.
 * @throws ImgwireError `unexpected_answer` if it has no list of Environments
 */
function readWhoami(fields: Fields): Whoami {
  const organization = asFields(fields["organization"]);
  const listed = fields["environments"] ?? fields["available_environments"] ?? organization?.["environments"];
  if (!Array.isArray(listed)) throw unexpected(WHOAMI, "no list of Environments");
  const environments = listed.flatMap((each: unknown) => {
    const environment = toEnvironment(each);
    const isDefault = asFields(each)?.["default"] === true || asFields(each)?.["is_default"] === true;
    return environment ? [{ ...environment, isDefault }] : [];
  });
  return {
    user: asFields(fields["user"]),
    organization,
    environments,
    linked: linkedIn(fields, environments)
  };
}

function linkedIn(fields: Fields, environments: readonly Environment[]): Environment | undefined {
  const stated = LINKED.map((name) => fields[name]).find((value) => value !== undefined && value !== null);
  const id =
    typeof stated === "string" ? stated : (fields["environment_id"] ?? fields["linked_environment_id"]);
  const found = environments.find((environment) => environment.id === id || environment.name === id);
  return toEnvironment(stated) ?? found;
}

function toEnvironment(value: unknown): Environment | undefined {
  const { id, environment_id, name } = asFields(value) ?? {};
  const key = typeof id === "string" ? id : environment_id;
  if (typeof key !== "string") return undefined;
  return { id: key, name: typeof name === "string" ? name : key };
}
