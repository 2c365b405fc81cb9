// Line icons, 16 × 16, drawn in the colour of the text around them.

const PATHS = {
  connections: 'M2 4h12M2 8h12M2 12h12',
  bell: 'M8 2a4 4 0 0 1 4 4c0 3 .8 4.2 1.5 5h-11C3.2 10.2 4 9 4 6a4 4 0 0 1 4-4zM6.5 13.5a1.6 1.6 0 0 0 3 0',
  muted:
    'M4.1 5.2C4 5.5 4 5.7 4 6c0 3-.8 4.2-1.5 5H10M6 2.6A4 4 0 0 1 12 6c0 1.4.2 2.4.4 3.2M2 2l12 12M6.5 13.5a1.6 1.6 0 0 0 3 0',
  overview: 'M3 13V8M8 13V3M13 13v-7',
  flame: 'M2 3h12v3H2zM2 6h8v3H2zM2 9h4v3H2z',
  session: 'M4 2h6l3 3v9H4zM10 2v3h3M6 8h5M6 11h5',
  keys: 'M6 6a2 2 0 1 1 2.6 1.9c-.4.2-.6.5-.6 1V10M8 12.4v.1',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.5 10.5 14 14',
  close: 'M4 4l8 8M12 4l-8 8',
  open: 'M2 12.5v-9h4l1.5 2H14v7z',
  save: 'M8 2v8M4.8 7 8 10.2 11.2 7M2.5 12.5h11',
  pause: 'M5.5 3v10M10.5 3v10',
  resume: 'M5 3l8 5-8 5z',
  columns: 'M2.5 3h11v10h-11zM6.5 3v10M10 3v10',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  dark: 'M13 9.5A5.5 5.5 0 1 1 6.5 3 4.5 4.5 0 0 0 13 9.5z',
  light:
    'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.2v1.6M8 13.2v1.6M1.2 8h1.6M13.2 8h1.6M3.2 3.2l1.1 1.1M11.7 11.7l1.1 1.1M12.8 3.2l-1.1 1.1M4.3 11.7l-1.1 1.1',
  system: 'M2 3h12v8H2zM6 14h4',
  down: 'M4 6l4 4 4-4',
  back: 'M10 4 6 8l4 4',
  warning: 'M8 2.5 14.5 13.5h-13zM8 6.5v3.2M8 11.6v.1',
  file: 'M4 2h6l3 3v9H4zM10 2v3h3',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
