import { describe, expect, it } from "vitest";
import { proxyFor } from "../../src/system/proxy.ts";

const PROXY = "http://proxy.example:3128";

describe("proxyFor", () => {
  it.each([
    ["https://a.example/", { HTTPS_PROXY: PROXY }, "HTTPS_PROXY"],
    ["https://a.example/", { HTTPS_PROXY: PROXY, https_proxy: PROXY }, "https_proxy"],
    ["https://a.example/", { HTTP_PROXY: PROXY }, "HTTP_PROXY"],
    ["http://a.example/", { HTTPS_PROXY: PROXY }, undefined],
    ["http://a.example/", { http_proxy: "", HTTP_PROXY: PROXY }, undefined],
    ["https://a.example/", { HTTPS_PROXY: PROXY, NO_PROXY: "a.example" }, undefined],
    ["https://b.a.example/", { HTTPS_PROXY: PROXY, NO_PROXY: "x, .a.example" }, undefined],
    ["https://ba.example/", { HTTPS_PROXY: PROXY, NO_PROXY: "a.example" }, "HTTPS_PROXY"],
    ["https://a.example/", { HTTPS_PROXY: PROXY, NO_PROXY: "a.example:8443" }, "HTTPS_PROXY"],
    ["https://a.example/", { HTTPS_PROXY: PROXY, no_proxy: "a.example:443" }, undefined],
    ["https://a.example/", { HTTPS_PROXY: PROXY, NO_PROXY: "*" }, undefined],
    ["https://a.example/", {}, undefined]
  ])("of %s with %j is named by %s", (url, env, variable) => {
    expect(proxyFor(new URL(url), env)?.variable).toBe(variable);
  });

  it("throws where the variable holds no URL", () => {
    expect(() => proxyFor(new URL("https://a.example/"), { HTTPS_PROXY: "proxy" })).toThrow(TypeError);
  });
});
