import type { Register } from "../../command.ts";

/** `imgwire profile`. */
export const registerProfile: Register = (program, run) => {
  const profile = program.command("profile").description("manage several sign-ins");
  profile
    .command("list")
    .description("list your profiles (* marks the current one)")
    .action(run(async (invocation) => (await import("./run.ts")).listProfiles(invocation)));
  profile
    .command("use")
    .argument("<name>", "profile name")
    .description("use this profile by default")
    .action(
      run(async (invocation, _options, name: string) => {
        const { useProfile } = await import("./run.ts");
        return useProfile(invocation, name);
      })
    );
  profile
    .command("remove")
    .argument("<name>", "profile name")
    .description("sign out of a profile and remove it; the others stay signed in")
    .action(
      run(async (invocation, _options, name: string) => {
        const { removeProfile } = await import("./run.ts");
        return removeProfile(invocation, name);
      })
    );
};
