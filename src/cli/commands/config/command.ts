import type { Register } from "../../command.ts";

/** `imgwire config`. */
export const registerConfig: Register = (program, run) => {
  const config = program.command("config").description("view and change your settings");
  config
    .command("list")
    .description("list every setting, its value and where it was set")
    .action(run(async (invocation) => (await import("./run.ts")).listSettings(invocation)));
  config
    .command("get")
    .argument("<setting>", "setting name")
    .description("print the value of one setting")
    .action(
      run(async (invocation, _options, name: string) =>
        (await import("./run.ts")).getSetting(invocation, name)
      )
    );
  config
    .command("set")
    .argument("<setting>", "setting name")
    .argument("<value...>", "its value, or several for a list")
    .description("save a setting in your configuration file")
    .action(
      run(async (invocation, _options, name: string, values: string[]) => {
        const { setSetting } = await import("./run.ts");
        return setSetting(invocation, name, values);
      })
    );
  config
    .command("unset")
    .argument("<setting>", "setting name")
    .description("remove a setting from your configuration file")
    .action(
      run(async (invocation, _options, name: string) =>
        (await import("./run.ts")).unsetSetting(invocation, name)
      )
    );
  config
    .command("path")
    .description("print the path of your configuration file")
    .action(run(async (invocation) => (await import("./run.ts")).printPath(invocation)));
};
