// Times taken inside the page of the viewer: when something is painted, and how long frames
// take. The functions given to `evaluate` run in Chromium and see nothing of this file.
import type { Page } from 'playwright';

/** The rows of the table as the page knows them. */
export interface Shown {
  /** Rows there are, on the screen or not. */
  readonly total: number;
  readonly text: string;
}

/**
 * Does something in the page, and resolves with the milliseconds until the rows that it
 * leads to are painted: other rows than before, and none that still waits for its content.
 */
export async function untilPainted(page: Page, action: PageAction): Promise<number> {
  return await page.evaluate(async ({ filter, column }: PageAction) => {
    const grid = document.getElementById('rows');
    if (!grid) throw new Error('There is no table in the page.');
    const shown = () => {
      if (grid.querySelector('.grid-loading')) return null;
      const texts = [...grid.querySelectorAll('.grid-row')].map((row) => row.textContent);
      return texts.length === 0 ? null : `${grid.getAttribute('aria-rowcount')} ${texts.join()}`;
    };
    const before = shown();
    const painted = new Promise<number>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('No other rows came in 20 s.')), 20_000);
      const observer = new MutationObserver(() => {
        const now = shown();
        if (now === null || now === before) return;
        observer.disconnect();
        clearTimeout(timer);
        requestAnimationFrame(() => {
          // The next task after a frame's callbacks runs when that frame has been painted.
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => resolve(performance.now());
          port2.postMessage(null);
        });
      });
      observer.observe(grid, {
        subtree: true,
        childList: true,
        attributes: true,
        characterData: true,
      });
    });
    if (column !== undefined) {
      const titles = [...document.querySelectorAll<HTMLElement>('[role=columnheader] .clip')];
      const title = titles.find((one) => one.textContent?.startsWith(column));
      if (!title) throw new Error(`There is no column ${column}.`);
      const began = performance.now();
      title.click();
      return (await painted) - began;
    }
    const input = document.querySelector<HTMLInputElement>('#filter');
    const setter = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set;
    if (!input || !setter) throw new Error('There is no filter in the page.');
    setter.call(input, filter ?? '');
    input.dispatchEvent(new Event('input', { bubbles: true }));
    await Promise.resolve();
    const began = performance.now();
    input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
    return (await painted) - began;
  }, action);
}

/** Either a filter that is typed and entered, or the column whose title is clicked. */
export type PageAction = {
  readonly filter?: string;
  readonly column?: string;
};

export interface Frames {
  /** Between one frame and the next, in ms. */
  readonly gaps: readonly number[];
  /** Frames in which a row had no content yet. */
  readonly withGaps: number;
}

/** Scrolls by so many pixels in each of so many frames. */
export async function scroll(page: Page, frames: number, pixels: number): Promise<Frames> {
  return await page.evaluate(
    async ([count, step]) => {
      const grid = document.getElementById('rows');
      if (!grid) throw new Error('There is no table in the page.');
      const gaps: number[] = [];
      let withGaps = 0;
      let last = await new Promise<number>(requestAnimationFrame);
      for (let frame = 0; frame < (count ?? 0); frame++) {
        grid.scrollTop += step ?? 0;
        const now = await new Promise<number>(requestAnimationFrame);
        gaps.push(now - last);
        last = now;
        if (grid.querySelector('.grid-loading')) withGaps++;
      }
      return { gaps, withGaps };
    },
    [frames, pixels],
  );
}

/** Waits until a table with content is painted; resolves with the wall clock then, in ms. */
export async function firstRowsAt(page: Page): Promise<number> {
  return await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const look = () => {
          const ready = document.querySelector('.grid-row .grid-cell');
          if (!ready || document.querySelector('.grid-loading')) return requestAnimationFrame(look);
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => resolve(Date.now());
          return port2.postMessage(null);
        };
        requestAnimationFrame(look);
      }),
  );
}
