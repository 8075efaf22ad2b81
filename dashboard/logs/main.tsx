import { show } from '../shared/page.js';
import { LogsPage } from './logs-page.js';
import './logs.css';

show(<LogsPage />);
