// Style sheets are imported for their effect; Vite puts them into the page's one CSS file.
declare module '*.css';

declare namespace React {
  interface CSSProperties {
    /** Widths of the table's columns, as `grid-template-columns` takes them. */
    '--columns'?: string;
    /** Their sum, px. */
    '--columns-width'?: string;
  }
}
