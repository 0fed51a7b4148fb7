import { expect, it } from "vitest";
import { withShares } from "./shares.js";

it("replaces shares of the run by steps, and nothing else", () => {
  expect(withShares("cosine:steps=100%,warmup=2.5%,final=0.1", 1000)).toBe(
    "cosine:steps=1000,warmup=25,final=0.1",
  );
  expect(withShares("warmup:steps=.5%@50%/constant", 1170)).toBe("warmup:steps=6@585/constant");
  expect(withShares("averagePeriod=0.2%", 100)).toBe("averagePeriod=1");
  expect(() => withShares("warmup:steps=120%", 100)).toThrow(/120% of the run/);
});
