// The menu of the window. Opening, saving and exporting are in the page, where the
// session that they concern is on the screen. Set by electron/main.ts.
import { app, Menu, type MenuItemConstructorOptions } from 'electron';

function template(development: boolean): MenuItemConstructorOptions[] {
  const tools: MenuItemConstructorOptions[] = development
    ? [{ type: 'separator' }, { role: 'toggleDevTools' }]
    : [];
  return [
    { label: '&File', submenu: [{ role: 'close' }, { role: 'quit' }] },
    {
      label: '&Edit',
      submenu: [
        { role: 'undo' },
        { role: 'redo' },
        { type: 'separator' },
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' },
      ],
    },
    {
      label: '&View',
      submenu: [
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
        ...tools,
      ],
    },
  ];
}

/** Developer tools are there in a checkout only. */
export function setMenu(): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(template(!app.isPackaged)));
}
