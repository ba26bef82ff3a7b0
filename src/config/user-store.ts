import { existsSync } from "node:fs";
import Conf from "conf";
import { version } from "../../package.json";
import { ImgwireError, messageOf } from "../errors.ts";
import { isObject, type JsonObject, parseJson } from "../system/json.ts";
import { writeFileAtomic } from "../system/write.ts";
import { type SettingDefinition, SETTINGS } from "./definitions.ts";

/** What we use of conf, including `_write`, which its types don't mention. */
interface ConfBase {
  store: JsonObject;
  _write(value: JsonObject): void;
}
const ConfBase = Conf as unknown as new (options: object) => ConfBase;

/**
 * How files of earlier versions are updated, by the version that introduced the change; see conf's
 * `migrations`.
 */
const MIGRATIONS: Migrations = {};

/** By version: a function that updates the content of an earlier version. */
type Migrations = Readonly<Record<string, (store: Pick<Conf, "get" | "set" | "delete">) => void>>;

/**
 * Changes the user's configuration with conf, which validates it and updates files of earlier versions. The
 * result is written by `writeFileAtomic`, since conf's own writer doesn't notice a short write.
 * @param path the file; if it exists it must hold a JSON object, whose unknown members are kept
 * @param apply returns the new content; called twice, the second time with its own result
 * @param migrations for tests: replace this version's
 * @throws ImgwireError `config_newer` for the file of a newer version, `config_invalid` for values that the
 *   schema doesn't allow, `file_unwritable`; the file is then unchanged
 */
export async function changeStore(
  configDir: string,
  path: string,
  apply: (content: JsonObject) => JsonObject,
  migrations = MIGRATIONS
): Promise<void> {
  const existed = existsSync(path);
  let next: JsonObject | undefined;
  class Transaction extends ConfBase {
    override _write(value: JsonObject): void {
      next = value;
    }
  }
  const deserialize = (text: string): JsonObject => {
    if (next) return structuredClone(next);
    const content = parseJson(text) as JsonObject;
    refuseNewer(content, path);
    // Before conf validates, so that an invalid value can be replaced.
    return apply(content);
  };
  try {
    const schema = schemaOfAll();
    const options = { cwd: configDir, projectVersion: version, migrations, schema, deserialize, ajvOptions };
    const conf = new Transaction(options);
    // Again, because a migration may have undone the change.
    conf.store = apply(existed ? (next ?? conf.store) : (next ?? {}));
  } catch (error) {
    if (error instanceof ImgwireError) throw error;
    throw new ImgwireError("config_invalid", `${path}: ${messageOf(error)}.`, {
      hint: "Run `imgwire config set` with another value, or `imgwire config unset`.",
      cause: error
    });
  }
  await writeFileAtomic(path, `${JSON.stringify(next, undefined, 2)}\n`);
}

function schemaOfAll(): JsonObject {
  const kept = SETTINGS.filter(({ secret }) => !secret);
  return Object.fromEntries(kept.map((each) => [each.key, schemaOf(each)]));
}

/** conf validates with Ajv, which would otherwise print warnings about lists of types. */
const ajvOptions = { allowUnionTypes: true };

/** conf records in the file which version wrote it. */
function refuseNewer({ __internal__: internal }: JsonObject, path: string): void {
  const migrations = isObject(internal) ? internal["migrations"] : undefined;
  const writer = isObject(migrations) ? migrations["version"] : undefined;
  if (typeof writer !== "string" || writer.localeCompare(version, "en", { numeric: true }) <= 0) return;
  throw new ImgwireError(
    "config_newer",
    `${path} was written by a newer version of imgwire-mcp (${writer}).`,
    {
      hint: "Nothing was changed. Update first: npm install -g imgwire-mcp@latest"
    }
  );
}

function schemaOf({ type, list, choices }: SettingDefinition): object {
  if (choices) return { enum: choices };
  if (list) return { type: ["array", "string"], items: { type: "string" } };
  return { type: type ?? "string" };
}
