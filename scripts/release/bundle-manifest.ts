import catalogue from "../../src/mcp/tools/catalogue.json" with { type: "json" };
import type { Project } from "./project.ts";

/** The file in a bundle that the host starts. */
export const ENTRY = "server.js";

/**
 * Starts the program from a bundle. A host can pass a list of user-selected folders only as arguments. An
 * empty setting is either missing or still its placeholder.
 */
export const ENTRY_CODE = `"use strict";
const { delimiter } = require("node:path");

const isGiven = (value) => value !== undefined && value !== "" && !value.startsWith("\${");
const roots = process.argv.splice(2).filter(isGiven);
if (roots.length > 0) process.env.IMGWIRE_UPLOAD_ROOTS = roots.join(delimiter);
if (!isGiven(process.env.IMGWIRE_ENVIRONMENT)) delete process.env.IMGWIRE_ENVIRONMENT;
require("./bin/imgwire-mcp.js");
`;

/** The tools that this program adds to the hosted ones. */
const LOCAL_TOOLS = [
  { name: "upload_images", description: "Uploads local files and globs, one result per file." },
  { name: "download_images", description: "Downloads the originals of images into a local folder." },
  { name: "use_environment", description: "Selects the Environment to work in." }
];

/**
 * Returns the manifest of a bundle, version 0.3.
 * @see https://github.com/modelcontextprotocol/mcpb/blob/main/MANIFEST.md
 */
export function bundleManifest(project: Project): object {
  const hosted = catalogue.tools.map(({ name, description }) => ({ name, description }));
  return {
    manifest_version: "0.3",
    name: project.name,
    display_name: "Imgwire",
    version: project.version,
    description: project.description,
    author: { name: project.author },
    repository: { type: "git", url: project.repository },
    homepage: project.homepage,
    documentation: project.homepage,
    support: project.issues,
    icon: "icon.png",
    license: project.license,
    keywords: project.keywords,
    server: {
      type: "node",
      entry_point: ENTRY,
      mcp_config: {
        command: "node",
        args: [`\${__dirname}/${ENTRY}`, "${user_config.upload_roots}"],
        env: { IMGWIRE_ENVIRONMENT: "${user_config.environment}" }
      }
    },
    tools: [...hosted, ...LOCAL_TOOLS],
    tools_generated: true,
    user_config: {
      upload_roots: {
        type: "directory",
        title: "Folders to upload from",
        description: "Only images in these folders can be uploaded.",
        multiple: true,
        required: false,
        default: ["${HOME}/Pictures", "${HOME}/Desktop", "${HOME}/Downloads"]
      },
      environment: {
        type: "string",
        title: "Environment",
        description:
          "Name or id of the Imgwire Environment to work in. Leave empty to use your connection's Environment.",
        required: false,
        default: ""
      }
    },
    compatibility: { platforms: ["darwin", "win32", "linux"], runtimes: { node: ">=20" } }
  };
}
