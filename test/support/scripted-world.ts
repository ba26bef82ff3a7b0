import type { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { User } from "./login.ts";
import { BROWSER } from "./program.ts";
import { type Script, ScriptedService } from "./scripted-service.ts";

/** A scripted service, a user whose browser consents without a click, and any number of agents. */
export class ScriptedWorld {
  readonly service: ScriptedService;
  readonly user: User;

  private constructor(service: ScriptedService, user: User) {
    this.service = service;
    this.user = user;
  }

  static async start(script: Partial<Script> = {}): Promise<ScriptedWorld> {
    const service = await ScriptedService.start(script);
    return new ScriptedWorld(service, await User.create({ IMGWIRE_MCP_URL: service.mcpUrl, BROWSER }));
  }

  agent(): Promise<StdioDriver> {
    return this.user.agent();
  }

  /** How many token requests of one grant type have arrived. */
  grants(type: string): number {
    return this.service.to("/token").filter(({ parameters }) => parameters["grant_type"] === type).length;
  }

  async stop(): Promise<void> {
    await this.user.remove();
    await this.service.stop();
  }
}
