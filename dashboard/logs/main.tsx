import { renderPage } from '../shared/page.js';
import { LogsPage } from './logs-page.js';
import './logs.css';

renderPage(<LogsPage />);
