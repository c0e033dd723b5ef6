/** Shows Markdown of students and of the tutor. The parts for it are loaded when it is first needed. */
import type { DOMPurify } from "dompurify";

import { type Formula, piecesOf, setAside } from "./formulas.ts";

const ELEMENTS = [
    ..."a abbr b blockquote br code del em h1 h2 h3 h4 h5 h6 hr i input li ol p pre s strong sub sup".split(" "),
    ..."table tbody td th thead tr ul".split(" "),
];
/** The page's policy forbids these attributes, even to a parser. */
const STYLE = / style="[^"]*"/g;

/** How often macros are expanded, and how large a rule may be, in em and pt. */
const LIMITS = { throwOnError: true, maxExpand: 100, maxSize: [20, 50] as [number, number] };

/**
 * Replaces the content of `element` by the Markdown as sanitised nodes; no text ever becomes HTML of the page.
 *
 * Without `links`, nothing can be followed: a link is its text, with the host that it leads to beside it.
 */
export async function renderMarkdown(element: Element, text: string, { links }: { links: boolean }): Promise<void> {
    const [{ micromark }, { gfm, gfmHtml }, { default: purify }] = await Promise.all([
        import("micromark"),
        import("micromark-extension-gfm"),
        import("dompurify"),
    ]);
    const { text: rest, formulas } = setAside(text);
    const html = micromark(rest, { extensions: [gfm()], htmlExtensions: [gfmHtml()] });
    const nodes = purify.sanitize(html, {
        ALLOWED_TAGS: ELEMENTS,
        ALLOWED_ATTR: ["href", "title", "align", "start", "type", "checked", "disabled"], // boxes of lists
        ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
        RETURN_DOM_FRAGMENT: true,
    });
    for (const link of nodes.querySelectorAll("a")) {
        if (!links || !link.getAttribute("href")) unlink(link); // the latter led where nobody may go
        link.setAttribute("target", "_blank");
        link.setAttribute("rel", "noopener noreferrer nofollow");
    }
    if (formulas.length) await showFormulas(nodes, formulas, purify);
    element.replaceChildren(nodes);
}

/** Replaces a link by its text and, unless the text says it, the host of its address. */
function unlink(link: HTMLAnchorElement): void {
    const host = link.host || link.pathname;
    const isSaid = !link.hasAttribute("href") || !host || link.textContent.includes(host);
    link.replaceWith(...link.childNodes, ...(isSaid ? [] : [` (${host})`]));
}

/** Puts the formulas, as MathML, where their places are. */
async function showFormulas(nodes: DocumentFragment, formulas: readonly Formula[], purify: DOMPurify): Promise<void> {
    const { default: temml } = await import("temml");
    const walker = document.createTreeWalker(nodes, NodeFilter.SHOW_TEXT);
    const texts: Text[] = [];
    while (walker.nextNode()) texts.push(walker.currentNode as Text);
    for (const text of texts) {
        const isCode = text.parentElement?.closest("code");
        const pieces = piecesOf(text.data, formulas).map((piece) => {
            if (typeof piece === "string") return piece;
            return isCode ? piece.source : formulaOf(piece);
        });
        if (pieces.length > 1) text.replaceWith(...pieces);
    }

    function formulaOf({ tex, isBlock, source }: Formula): Node | string {
        let mathml: string;
        try {
            mathml = temml.renderToString(tex, { ...LIMITS, displayMode: isBlock }).replaceAll(STYLE, "");
        } catch {
            return source; // not LaTeX, or more of it than is known
        }
        const config = { USE_PROFILES: { mathMl: true }, FORBID_ATTR: ["href", "id"], RETURN_DOM_FRAGMENT: true };
        const box = document.createElement("span");
        box.className = isBlock ? "formula block" : "formula";
        box.dir = "ltr";
        box.append(purify.sanitize(mathml, config) as unknown as DocumentFragment);
        return box;
    }
}
