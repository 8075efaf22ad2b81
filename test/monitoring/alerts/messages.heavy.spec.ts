import { playStories } from './alert-story.js';
import { MESSAGE_STORIES } from './message-stories.js';

// An hour is 6 s.
playStories(MESSAGE_STORIES, 600);
