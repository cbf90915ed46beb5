// SHA-256: the examples of FIPS 180-2, appendix B, and lengths around the border of a block.
import { expect, test } from "vitest";
import { digest, sha256 } from "../src/wire/digest";

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const text = (words: string): Uint8Array => new TextEncoder().encode(words);

test("the examples of the standard", () => {
  expect(hex(digest(text("abc"))))
    .toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(hex(digest(text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))))
    .toBe("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
});

test("the browser's own and the one by hand agree at every length", async () => {
  for (const n of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000]) {
    const bytes = Uint8Array.from({ length: n }, (_, k) => (k * 31) % 256);
    expect(hex(digest(bytes))).toBe(await sha256(bytes));
  }
});
