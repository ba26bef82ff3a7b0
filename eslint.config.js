import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import ts from "typescript-eslint";
import { FOLDERS, LIBRARIES, ROOMS } from "./layering.config.js";

const rooms = Object.keys(ROOMS);

function layering(room) {
  const foreign = rooms.filter((other) => other !== room && !ROOMS[room].includes(other));
  const libraries = Object.keys(LIBRARIES).filter((library) => LIBRARIES[library] !== room);
  return {
    files: [`src/${room}/**/*.ts`],
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex: `^(\\.\\./)+(${foreign.join("|")})/`,
              message: `${room} must not know this room (ARCHITECTURE.md).`
            },
            ...(room === "cli"
              ? []
              : [{ regex: "^(\\.\\./)+(deps|main)\\.ts$", message: "Imports point down." }]),
            {
              regex: `^(${libraries.map((name) => name.replace(".", "\\.")).join("|")})(/|$)`,
              message: "This library belongs to another room."
            }
          ]
        }
      ]
    }
  };
}

/** What a folder of the top level other than `src`, whose rooms have rules of their own, may not import. */
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
              message: `${folder}/ must not know this folder (layering.config.js).`
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
      complexity: ["error", 15]
    }
  },
  {
    files: ["src/**/*.ts"],
    rules: {
      "no-restricted-properties": [
        "error",
        { object: "process", property: "exit", message: "Return the exit code from main()." },
        { object: "process", property: "stdout", message: "stdout is handed in as Io." }
      ]
    }
  },
  ...rooms.map(layering),
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
    // CommonJS, as what is built is; see scripts/build.ts.
    files: ["bin/*.js"],
    languageOptions: { sourceType: "commonjs", globals: { require: "readonly" } },
    rules: { "@typescript-eslint/no-require-imports": "off" }
  },
  {
    files: ["sandbox/**", "test/**", "scripts/**"],
    rules: { "max-lines-per-function": "off", "no-console": "off" }
  }
);
