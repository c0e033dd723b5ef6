/**
 * Focuses an element as soon as it is there and shown, for a second at most and while it is still wanted.
 *
 * A new row of a virtual list is hidden until it is measured, and takes the focus only then.
 */
export async function focusOnceShown(find: () => HTMLElement | null | undefined, wanted: () => boolean): Promise<void> {
    for (let frame = 0; frame < 60 && wanted(); frame++) {
        const found = find();
        found?.focus({ preventScroll: true });
        if (found && document.activeElement === found) return found.scrollIntoView({ block: "nearest" });
        await new Promise(requestAnimationFrame);
    }
}

/** Opens a dialog; what is returned leads back to where the focus was, if the dialog was taken away while it had it. */
export function openModal(dialog: HTMLDialogElement): () => void {
    const before = document.activeElement;
    dialog.showModal();
    return () => {
        if (before instanceof HTMLElement && document.activeElement === document.body) before.focus();
    };
}
