import { expect, test } from "vitest";

import { shellOf } from "./worker.ts";

type Bundle = Parameters<typeof shellOf>[0];

function chunk(fileName: string, more: object = {}) {
    return { type: "chunk", fileName, code: fileName, imports: [], dynamicImports: [], ...more };
}

function asset(fileName: string, source: string = fileName) {
    return { type: "asset", fileName, source };
}

/** As Vite leaves it: the page names its script, and no chunk is that of the page. */
function bundleOf(page: string, ...files: readonly { fileName: string }[]): Bundle {
    const all = [asset("index.html", page), ...files];
    return Object.fromEntries(all.map((file) => [file.fileName, file])) as unknown as Bundle;
}

const PAGE = '<script type="module" src="/assets/app-1.js"></script><link rel="stylesheet" href="/assets/index-1.css">';

test("the shell has everything that the page can come to need, and nothing of other pages", () => {
    const bundle = bundleOf(
        PAGE,
        chunk("assets/app-1.js", { dynamicImports: ["assets/Tasks-1.js"] }),
        chunk("assets/Tasks-1.js", {
            imports: ["assets/list-1.js"],
            viteMetadata: { importedCss: new Set(["assets/Tasks-1.css"]), importedAssets: new Set() },
        }),
        chunk("assets/list-1.js", { imports: ["assets/app-1.js"] }),
        asset("assets/index-1.css"),
        asset("assets/Tasks-1.css"),
        asset("assets/font-1.woff2"),
        asset("docs.html", '<script src="/assets/docs-1.js">'),
        chunk("assets/docs-1.js"),
    );
    expect(
        shellOf(bundle)
            .map(({ url }) => url)
            .toSorted(),
    ).toEqual([
        "/assets/Tasks-1.css",
        "/assets/Tasks-1.js",
        "/assets/app-1.js",
        "/assets/font-1.woff2",
        "/assets/index-1.css",
        "/assets/list-1.js",
        "/index.html",
    ]);
});

test("a page without a script of the build fails the build, rather than open to nothing offline", () => {
    expect(() => shellOf(bundleOf(PAGE, asset("assets/index-1.css")))).toThrow("loads no script");
});
