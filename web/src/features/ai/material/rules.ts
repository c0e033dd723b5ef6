/** Where quotes of the student's own material stand. Pure and total. */

/** A quote, and where it is from. */
export interface Cited {
    readonly text: string;
    readonly title: string;
    /** Null for notes. */
    readonly page: number | null;
    readonly attachmentId: string | null;
    readonly taskId: string | null;
    readonly subjectId: string | null;
    /** Of the quote in the whole text, in characters as the server counts them: code points. */
    readonly start: number;
    readonly end: number;
}

/** Whether the page of a quote can be read; what was quoted by earlier versions may not say where it is from. */
export function isReadable({ attachmentId, taskId, subjectId }: Cited): boolean {
    return Boolean(attachmentId ?? taskId ?? subjectId);
}

/** What stands before a quote, the quote, and what stands after it; no quote where the text has changed since. */
export function around(page: { text: string; start: number }, quote: Cited): [string, string, string] {
    const letters = Array.from(page.text);
    const [from, to] = [quote.start - page.start, quote.end - page.start];
    const quoted = from < 0 || to > letters.length ? "" : letters.slice(from, to).join("");
    if (bare(quoted) === "" || bare(quoted) !== bare(quote.text)) return [page.text, "", ""];
    return [letters.slice(0, from).join(""), quoted, letters.slice(to).join("")];
}

/** A text as quotes are compared: without white space, signs and case. */
const bare = (text: string) =>
    text
        .normalize("NFKC")
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}]/gu, "");
