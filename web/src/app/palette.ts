/** Whether every word that was typed begins a word of the text: "go in" finds "Go to Insights". Accents don't matter. */
export function matches(text: string, typed: string): boolean {
    const words = wordsOf(text);
    return wordsOf(typed).every((part) => words.some((word) => word.startsWith(part)));
}

function wordsOf(text: string): string[] {
    const plain = text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
    return plain.match(/[\p{L}\p{N}]+/gu) ?? [];
}
