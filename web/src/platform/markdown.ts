/** Shows Markdown of students and of the tutor. The parts for it are loaded when it is first needed. */

const ELEMENTS = [
    ..."a abbr b blockquote br code del em h1 h2 h3 h4 h5 h6 hr i input li ol p pre s strong sub sup".split(" "),
    ..."table tbody td th thead tr ul".split(" "),
];

/** Replaces the content of `element` by the Markdown as sanitised nodes; no text ever becomes HTML of the page. */
export async function renderMarkdown(element: Element, text: string): Promise<void> {
    const [{ micromark }, { gfm, gfmHtml }, { default: purify }] = await Promise.all([
        import("micromark"),
        import("micromark-extension-gfm"),
        import("dompurify"),
    ]);
    const html = micromark(text, { extensions: [gfm()], htmlExtensions: [gfmHtml()] });
    const nodes = purify.sanitize(html, {
        ALLOWED_TAGS: ELEMENTS,
        ALLOWED_ATTR: ["href", "title", "align", "start", "type", "checked", "disabled"], // boxes of lists
        ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
        RETURN_DOM_FRAGMENT: true,
    });
    for (const link of nodes.querySelectorAll("a")) {
        if (!link.getAttribute("href")) link.replaceWith(...link.childNodes); // it led where nobody may go
        link.setAttribute("target", "_blank");
        link.setAttribute("rel", "noopener noreferrer nofollow");
    }
    element.replaceChildren(nodes);
}
