import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { certificateNames } from "../../../../src/xds/server/certificate-names.ts";
import { selfSigned } from "../../../support/certificates.ts";

const namesOf = (extension?: string): readonly string[] =>
  certificateNames(
    new X509Certificate(
      selfSigned("common", undefined, extension === undefined ? [] : [extension]).certificate,
    ),
  );

describe("names in a certificate", () => {
  it("are its DNS names and URIs, and not its common name", () => {
    expect(
      namesOf("subjectAltName=DNS:a.example,IP:127.0.0.1,URI:spiffe://a/b,email:a@b.c"),
    ).toEqual(["a.example", "spiffe://a/b"]);
    expect(namesOf()).toEqual([]);
  });

  it("are none that somebody has put into the text of another", () => {
    const forged = ["x, DNS:ops", 'x", DNS:ops', "x\\, DNS:ops, DNS:y", "x, URI:ops, "];
    const texts = forged.map((text) => `URI:http://x/"${text}"`);
    for (const text of [...forged.map((each) => JSON.stringify(each)), ...texts]) {
      const subjectAltName = text.startsWith('"')
        ? `DNS:${text}`
        : `DNS:a, URI:${JSON.stringify(text)}`;
      const names = certificateNames({ subjectAltName } as X509Certificate);
      expect(names).not.toContain("ops");
    }
  });
});
