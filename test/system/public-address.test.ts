import { describe, expect, it } from "vitest";
import { isPrivateHost, isPublicAddress } from "../../src/system/url.ts";

const PRIVATE = ["127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1"];
const PUBLIC = ["8.8.8.8", "93.184.216.34"];

function hex(v4: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = v4.split(".").map(Number);
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

/** IPv6 spellings of an IPv4 address, each as public as the address itself. */
const carriers: Readonly<Record<string, (v4: string) => string>> = {
  mapped: (v4) => `::ffff:${v4}`,
  "mapped, in hexadecimal": (v4) => `::ffff:${hex(v4)}`,
  translated: (v4) => `::ffff:0:${hex(v4)}`,
  NAT64: (v4) => `64:ff9b::${hex(v4)}`,
  "6to4": (v4) => `2002:${hex(v4)}::1`
};

describe("an IPv4 address in an IPv6 one", () => {
  for (const [kind, spell] of Object.entries(carriers)) {
    it.each(PRIVATE)(`treats %s as private in IPv6, ${kind} [system.v4-in-v6]`, (v4) => {
      expect(isPublicAddress(spell(v4))).toBe(false);
      expect(isPrivateHost(new URL(`https://[${spell(v4)}]/`).hostname)).toBe(true);
    });

    it.each(PUBLIC)(`treats %s as public in IPv6, ${kind} [system.v4-in-v6]`, (v4) => {
      expect(isPublicAddress(spell(v4))).toBe(true);
    });
  }

  it.each([...PRIVATE, ...PUBLIC])(
    "never treats the obsolete IPv4-compatible form as public: %s [system.v4-in-v6]",
    (v4) => {
      expect(isPublicAddress(`::${hex(v4)}`)).toBe(false);
      expect(isPrivateHost(new URL(`https://[::${v4}]/`).hostname)).toBe(true);
    }
  );

  it.each([
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "fe80::1",
    "fd00::1",
    "ff02::1",
    "::1",
    "::",
    "2001:db8::1"
  ])("treats %s as not public [system.v4-in-v6]", (address) => expect(isPublicAddress(address)).toBe(false));

  it("treats ordinary addresses as public [system.v4-in-v6]", () => {
    expect(isPublicAddress("2606:2800:220:1:248:1893:25c8:1946")).toBe(true);
  });
});
