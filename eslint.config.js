import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import ts from "typescript-eslint";
import { FOLDERS, LIBRARIES, MCP_EXCEPTIONS, MCP_FOLDERS, ROOMS } from "./layering.config.js";

const rooms = Object.keys(ROOMS);

/** The rules for what a room's files must not import. `more` adds restrictions for one of its folders. */
function layering(room, files = [`src/${room}/**/*.ts`], more = []) {
  const foreign = rooms.filter((other) => other !== room && !ROOMS[room].includes(other));
  const libraries = Object.keys(LIBRARIES).filter((library) => LIBRARIES[library] !== room);
  return {
    files,
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex: `^(\\.\\./)+(${foreign.join("|")})/`,
              message: `${room} must not import from this room (ARCHITECTURE.md).`
            },
            ...(room === "cli"
              ? []
              : [{ regex: "^(\\.\\./)+(deps|main)\\.ts$", message: "Imports point down." }]),
            {
              regex: `^(${libraries.map((name) => name.replace(".", "\\.")).join("|")})(/|$)`,
              message: "This library belongs to another room."
            },
            ...more
          ]
        }
      ]
    }
  };
}

/** The rules for a folder of `mcp`, or for a file that may import more than the rest of its folder. */
function mcpLayering(folder, files, may = []) {
  const allowed = [folder, ...MCP_FOLDERS[folder], ...may];
  const foreign = Object.keys(MCP_FOLDERS).filter((other) => !allowed.includes(other));
  // The eras would import each other as siblings, without `era/` in the path.
  const paths = foreign.map((other) => other.replace("era/", folder.startsWith("era/") ? "" : "era/"));
  return layering("mcp", files, [
    {
      regex: `^(\\.\\./)+((${paths.join("|")})/|server\\.ts$)`,
      message: `mcp/${folder} must not import this (MCP_FOLDERS in layering.config.js).`
    }
  ]);
}

const mcpRules = [
  ...Object.keys(MCP_FOLDERS).map((folder) => mcpLayering(folder, [`src/mcp/${folder}/**/*.ts`])),
  ...Object.entries(MCP_EXCEPTIONS).map(([file, { may }]) =>
    mcpLayering(file.slice(0, file.lastIndexOf("/")), [`src/mcp/${file}`], may)
  )
];

/** The rules for what a top-level folder must not import. `src` isn't one: its rooms have their own rules. */
function separation(folder) {
  const foreign = Object.keys(FOLDERS).filter(
    (other) => other !== folder && !FOLDERS[folder].includes(other)
  );
  return {
    files: [`${folder}/**/*.ts`],
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex: `^(\\.\\./)+(${foreign.join("|")})/`,
              message: `${folder}/ must not import from this folder (layering.config.js).`
            }
          ]
        }
      ]
    }
  };
}

export default defineConfig(
  { ignores: ["dist", "coverage", "node_modules"] },
  js.configs.recommended,
  ...ts.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-console": "error",
      "max-lines-per-function": ["error", { max: 40, skipBlankLines: true, skipComments: true }],
      complexity: ["error", 12]
    }
  },
  {
    files: ["src/**/*.ts"],
    rules: {
      "no-restricted-properties": [
        "error",
        { object: "process", property: "exit", message: "Return the exit code from main()." },
        { object: "process", property: "stdout", message: "Use the stdout of the Io that is passed in." }
      ]
    }
  },
  ...rooms.map((room) => layering(room)),
  ...mcpRules,
  ...["sandbox", "scripts", "test"].map(separation),
  {
    files: ["src/{errors,log,authorization}.ts"],
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        { patterns: [{ regex: "^\\./(?!errors|log|authorization)" }] }
      ]
    }
  },
  {
    files: ["**/*.js", "*.config.*"],
    extends: [ts.configs.disableTypeChecked],
    languageOptions: { globals: { process: "readonly", URL: "readonly", fetch: "readonly" } }
  },
  {
    // CommonJS, like the build; see tsup.config.ts.
    files: ["bin/*.js"],
    languageOptions: { sourceType: "commonjs", globals: { require: "readonly" } },
    rules: { "@typescript-eslint/no-require-imports": "off" }
  },
  {
    // Run as they are by Node for Windows, under Wine.
    files: ["scripts/windows/*.cjs"],
    extends: [ts.configs.disableTypeChecked],
    languageOptions: {
      sourceType: "commonjs",
      globals: {
        require: "readonly",
        process: "readonly",
        __dirname: "readonly",
        fetch: "readonly",
        URL: "readonly",
        setTimeout: "readonly",
        clearTimeout: "readonly"
      }
    },
    rules: { "@typescript-eslint/no-require-imports": "off" }
  },
  {
    files: ["sandbox/**", "test/**", "scripts/**"],
    rules: { "max-lines-per-function": "off", "no-console": "off" }
  }
);
