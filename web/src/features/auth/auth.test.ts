import { expect, test } from "vitest";

import { deviceName, languageOf, sizeOf, tagFor } from "./rules.ts";

test.each([
    [null, undefined, "de-AT", "de-AT"],
    [undefined, "en", "ar", "ar"],
    ["de", "de-CH", "en-GB", "de-CH"],
    ["de", "en-US", "en-GB", "de"],
    ["ar", undefined, "en-GB", "ar"],
])("language %s, locale %s, browser %s: %s", (chosen, locale, browser, tag) => {
    expect(languageOf(chosen, locale, browser)).toBe(tag);
});

test.each([
    [
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
        "Chrome, Linux",
    ],
    ["Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"],
    [
        "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Safari/604",
        "Safari, iPhone",
    ],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 15.0; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox, macOS"],
    ["curl/8.5.0", "curl"],
    ["", ""],
])("a device is named by what people know: %s", (client, name) => {
    expect(deviceName(client)).toBe(name);
});

test("a language is written as in the student's country", () => {
    expect(tagFor("de", ["en-GB", "de-AT", "de"])).toBe("de-AT");
    expect(tagFor("ar", ["en-GB", "de-AT"])).toBe("ar");
});

test.each([
    [0, "0 byte"],
    [999, "999 byte"],
    [4_200_000, "4.2 MB"],
    [7_000_000_000_000, "7,000 GB"],
])("%d bytes are %s", (bytes, text) => {
    expect(sizeOf(bytes)).toBe(text);
});
