import { isObject, type Notification, type Params } from "../../message.ts";

/** What the specification itself has in the filter of `subscriptions/listen` (MCP 2026-07-28, subscriptions). */
export interface Filter {
  toolsListChanged?: true;
  promptsListChanged?: true;
  resourcesListChanged?: true;
  resourceSubscriptions?: string[];
}

/** What a subscription is told of. */
export interface Interest {
  filter: Filter;
  /** The filter's other fields: what they mean is between the two sides. */
  extensions: Params;
}

const LIST_CHANGED: Readonly<Record<string, keyof Filter>> = {
  "notifications/tools/list_changed": "toolsListChanged",
  "notifications/prompts/list_changed": "promptsListChanged",
  "notifications/resources/list_changed": "resourcesListChanged"
};
const OWN_FIELDS = new Set([...Object.values(LIST_CHANGED), "resourceSubscriptions"]);

/**
 * The part of what was asked for that can be given: changes of the tools always, others where the server tells. What
 * of the extensions' part is given the server alone knows; see {@link grant}.
 */
export function agreed(asked: unknown, capabilities: Params): Interest {
  const wanted = isObject(asked) ? asked : {};
  const tells = (area: string, what: string): boolean => {
    const capability = capabilities[area];
    return isObject(capability) && capability[what] === true;
  };
  const uris = wanted["resourceSubscriptions"];
  const filter: Filter = {
    ...(wanted["toolsListChanged"] === true && { toolsListChanged: true }),
    ...(wanted["promptsListChanged"] === true &&
      tells("prompts", "listChanged") && { promptsListChanged: true }),
    ...(wanted["resourcesListChanged"] === true &&
      tells("resources", "listChanged") && { resourcesListChanged: true }),
    ...(Array.isArray(uris) &&
      tells("resources", "subscribe") && {
        resourceSubscriptions: uris.filter((uri): uri is string => typeof uri === "string")
      })
  };
  const others = Object.entries(wanted).filter(([field]) => !OWN_FIELDS.has(field));
  return { filter, extensions: Object.fromEntries(others) };
}

/** The extensions' fields of several filters as those of one: of lists everything that is in any. */
export function joinExtensions(all: Iterable<Interest>): Params {
  const joined = new Map<string, unknown>();
  for (const { extensions } of all) {
    for (const [field, value] of Object.entries(extensions)) {
      const before: unknown = joined.get(field);
      const lists = Array.isArray(before) && Array.isArray(value);
      joined.set(field, lists ? [...new Set<unknown>(before.concat(value))] : value);
    }
  }
  return Object.fromEntries(joined);
}

/** What of the extensions' fields the server has granted, where it was asked for those of all subscriptions. */
export function grant(extensions: Params, granted: Params): Params {
  const own = Object.entries(granted).filter(([field]) => Object.hasOwn(extensions, field));
  return Object.fromEntries(
    own.map(([field, value]) => {
      const asked = extensions[field];
      const both = Array.isArray(asked) && Array.isArray(value);
      return [field, both ? asked.filter((each) => value.includes(each)) : value];
    })
  );
}

/** Whether a subscription is told of something. What no field here stands for is an extension's. */
export function isWanted({ method, params }: Notification, { filter, extensions }: Interest): boolean {
  if (method === "notifications/resources/updated") {
    return filter.resourceSubscriptions?.some((uri) => isWithin(String(params?.["uri"]), uri)) ?? false;
  }
  const field = LIST_CHANGED[method];
  return field ? filter[field] !== undefined : Object.keys(extensions).length > 0;
}

/** Whether a URI is that of a resource or of a part of it, for which a server may tell of a change as well. */
function isWithin(uri: string, resource: string): boolean {
  const rest = uri.slice(resource.length);
  return uri.startsWith(resource) && (rest === "" || resource.endsWith("/") || /^[/?#]/.test(rest));
}
