/** Type-ahead: keys that are pressed while what will take them is still being loaded belong to that, and to nothing else. */

let waiting = 0;
let typed = "";

/** Loads what will take the keys; what is typed until it has the focus is then put into its field. */
export async function typedAhead<T>(loading: Promise<T>): Promise<T> {
    waiting += 1;
    try {
        return await loading;
    } finally {
        setTimeout(arrive); // when it has been mounted and has taken the focus
    }
}

function arrive(): void {
    waiting -= 1;
    if (waiting > 0) return;
    const text = typed;
    typed = "";
    if (text) insert(document.activeElement, text);
}

/** Keeps a key for what is being loaded, if anything is. */
export function keepsKey({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
    if (waiting === 0) return false;
    if (key === "Backspace") typed = [...typed].slice(0, -1).join("");
    else if ([...key].length === 1 && !ctrlKey && !metaKey && !altKey) typed += key;
    return true;
}

function insert(field: Element | null, text: string): void {
    if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) return;
    if (field.selectionEnd === null) return; // not a field of text
    field.setRangeText(text, field.selectionStart ?? 0, field.selectionEnd, "end");
    field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText", data: text }));
}
